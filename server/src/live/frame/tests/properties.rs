//! What holds of every frame of a client, whatever it is: a few hundred of each kind are made up each time.

use proptest::{collection::vec, option, prelude::*, sample::select};
use serde_json::{Map, Number, Value, json};
use uuid::Uuid;
use words::{ReactionName, ThreadKind};

use crate::live::frame::{ClientFrame, Fault, FirstMessage, NewMessage, OpenThread, TYPES, WATCHED, parse};

/// The names of the fields of frames.
const FIELDS: [&str; 16] = [
    "id",
    "stream",
    "since",
    "epoch",
    "threads",
    "thread",
    "message",
    "channel",
    "title",
    "kind",
    "body",
    "attachments",
    "op",
    "name",
    "on",
    "position",
];

/// One id of few, so that frames speak of the same things.
fn ids<T: From<Uuid> + std::fmt::Debug>() -> impl Strategy<Value = T> {
    (1..=4_u128).prop_map(|number| T::from(Uuid::from_u128(number)))
}

fn numbers() -> impl Strategy<Value = Option<i64>> {
    option::of(any::<i64>())
}

/// Every frame that a client may send.
pub(in crate::live) fn frames() -> impl Strategy<Value = ClientFrame> {
    let open = (option::of(ids()), ids(), option::of(any::<String>()), option::of(select(ThreadKind::ALL)))
        .prop_map(|(id, channel, title, kind)| OpenThread { id, channel, title, kind });
    let first = (option::of(ids()), any::<String>()).prop_map(|(id, body)| FirstMessage { id, body });
    let new = (ids(), ids(), any::<String>(), vec(ids(), 0..3))
        .prop_map(|(id, thread, body, attachments)| NewMessage { id, thread, body, attachments });
    prop_oneof![
        (numbers(), ids(), option::of(0..i64::MAX), option::of(ids()))
            .prop_map(|(id, stream, since, epoch)| ClientFrame::Subscribe { id, stream, since, epoch }),
        (ids(), vec(ids(), 0..WATCHED)).prop_map(|(stream, threads)| ClientFrame::Watch { stream, threads }),
        ids().prop_map(|stream| ClientFrame::Unsubscribe { stream }),
        (numbers(), open, first).prop_map(|(id, thread, message)| ClientFrame::Open { id, thread, message }),
        (numbers(), new).prop_map(|(id, message)| ClientFrame::Send { id, message }),
        (numbers(), ids(), ids(), any::<String>()).prop_map(|(id, op, message, body)| ClientFrame::Edit {
            id,
            op,
            message,
            body
        }),
        (numbers(), ids(), ids()).prop_map(|(id, op, message)| ClientFrame::Delete { id, op, message }),
        (numbers(), ids(), ids(), select(ReactionName::ALL), any::<bool>())
            .prop_map(|(id, op, message, name, on)| ClientFrame::React { id, op, message, name, on }),
        (ids(), 0..i32::MAX).prop_map(|(thread, position)| ClientFrame::Read { thread, position }),
        ids().prop_map(|thread| ClientFrame::Typing { thread }),
        Just(ClientFrame::Ping),
    ]
}

/// A frame as a client writes it: what is optional is left out, since `null` is the rarer case.
pub(in crate::live) fn written(frame: &ClientFrame) -> String {
    let mut value = match frame {
        ClientFrame::Subscribe { id, stream, since, epoch } => {
            json!({ "type": "subscribe", "id": id, "stream": stream, "since": since, "epoch": epoch })
        }
        ClientFrame::Watch { stream, threads } => json!({ "type": "watch", "stream": stream, "threads": threads }),
        ClientFrame::Unsubscribe { stream } => json!({ "type": "unsubscribe", "stream": stream }),
        ClientFrame::Open { id, thread, message } => {
            let OpenThread { id: opened, channel, title, kind } = thread;
            let thread = json!({ "id": opened, "channel": channel, "title": title, "kind": kind });
            let message = json!({ "id": message.id, "body": message.body });
            json!({ "type": "open", "id": id, "thread": thread, "message": message })
        }
        ClientFrame::Send { id, message } => {
            let NewMessage { id: sent, thread, body, attachments } = message;
            let message = json!({ "id": sent, "thread": thread, "body": body, "attachments": attachments });
            json!({ "type": "send", "id": id, "message": message })
        }
        ClientFrame::Edit { id, op, message, body } => {
            json!({ "type": "edit", "id": id, "op": op, "message": message, "body": body })
        }
        ClientFrame::Delete { id, op, message } => json!({ "type": "delete", "id": id, "op": op, "message": message }),
        ClientFrame::React { id, op, message, name, on } => {
            json!({ "type": "react", "id": id, "op": op, "message": message, "name": name, "on": on })
        }
        ClientFrame::Read { thread, position } => json!({ "type": "read", "thread": thread, "position": position }),
        ClientFrame::Typing { thread } => json!({ "type": "typing", "thread": thread }),
        ClientFrame::Ping => json!({ "type": "ping" }),
    };
    if let Value::Object(fields) = &mut value {
        fields.retain(|_, field| !field.is_null());
    }
    value.to_string()
}

/// Any JSON, with the words of the format here and there.
fn values() -> impl Strategy<Value = Value> {
    let leaves = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(|number| Number::from_f64(number).map_or(Value::Null, Value::Number)),
        any::<String>().prop_map(Value::String),
        select(&TYPES[..]).prop_map(Value::from),
        ids::<Uuid>().prop_map(|id| Value::String(id.to_string())),
    ];
    leaves.prop_recursive(3, 24, 6, |inner| {
        let fields = vec((select(&FIELDS[..]), inner.clone()), 0..6);
        prop_oneof![vec(inner, 0..6).prop_map(Value::Array), fields.prop_map(object)]
    })
}

fn object(fields: Vec<(&'static str, Value)>) -> Value {
    Value::Object(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect::<Map<_, _>>())
}

/// What is nearly a frame: one of which some fields are others, or gone.
fn spoilt() -> impl Strategy<Value = String> {
    let changes = vec((select(&FIELDS[..]), option::of(values())), 0..4);
    (frames(), changes).prop_map(|(frame, changes)| {
        let mut frame: Value = serde_json::from_str(&written(&frame)).unwrap();
        for (name, value) in changes {
            let fields = frame.as_object_mut().unwrap();
            match value {
                Some(value) => drop(fields.insert(name.to_owned(), value)),
                None => drop(fields.remove(name)),
            }
        }
        frame.to_string()
    })
}

/// Everything that may come over a connection as a text.
pub(in crate::live) fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        frames().prop_map(|frame| written(&frame)),
        spoilt(),
        values().prop_map(|value| value.to_string()),
        any::<String>(),
        vec(any::<u8>(), 0..200).prop_map(|bytes| String::from_utf8_lossy(&bytes).into_owned()),
    ]
}

proptest! {
    #[test]
    fn a_frame_that_is_written_is_read_as_itself(frame in frames()) {
        prop_assert_eq!(parse(&written(&frame)), Ok(frame));
    }

    #[test]
    fn a_text_is_a_frame_or_no_json_or_is_refused_by_its_number(text in texts()) {
        let value: Option<Value> = serde_json::from_str(&text).ok();
        let fields = value.as_ref().and_then(Value::as_object);
        let number = fields.and_then(|fields| fields.get("id")).and_then(Value::as_i64);
        let kind = fields.and_then(|fields| fields.get("type")).and_then(Value::as_str);
        match parse(&text) {
            Ok(frame) => prop_assert_eq!(parse(&written(&frame)), Ok(frame)),
            Err(Fault::NotJson) => prop_assert!(fields.is_none()),
            Err(Fault::Unknown(id)) => {
                prop_assert!(kind.is_none_or(|kind| !TYPES.contains(&kind)));
                prop_assert_eq!(id, number);
            }
            Err(Fault::Invalid(id)) => {
                prop_assert!(kind.is_some_and(|kind| TYPES.contains(&kind)));
                prop_assert_eq!(id, number);
            }
        }
    }
}
