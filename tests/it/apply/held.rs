//! A client of the API: what it holds, and what each kind of event changes in it.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use words::EventKind;

use super::{fetched, text};
use crate::support::Actor;

/// Where one's conversations are read.
const CONVERSATIONS: &str = "/api/v1/conversations";

/// What a client holds: what each address answered.
pub(super) type Held = BTreeMap<String, Value>;

/// What an event changes in what is held. The server is asked for what comes into view, and for nothing else.
#[expect(clippy::too_many_lines, reason = "a table: a kind each")]
pub(super) async fn apply(held: &mut Held, me: &Actor, event: &Value) {
    let (stream, data) = (text(&event["stream"]), &event["data"]);
    let at = |what: &str, id: &Value| format!("/api/v1/{what}/{}", id.as_str().unwrap_or_default());
    let list = |what: &str| format!("/api/v1/groups/{stream}/{what}");
    let threads = format!("/api/v1/channels/{}/threads", data["channel"].as_str().unwrap_or_default());
    let messages = format!("{}/messages", at("threads", &data["thread"]));
    match text(&event["kind"]).parse::<EventKind>().unwrap() {
        EventKind::GroupUpdated => set_of_group(held, &stream, data),
        EventKind::MemberAdded | EventKind::MemberChanged | EventKind::MemberRemoved => {
            member(held, &stream, &list("members"), data);
            // Who is in a conversation, and what it is called by that, is the reader's own to ask for.
            if conversation(held, "id", &event["stream"]).is_some() {
                held.insert(CONVERSATIONS.to_owned(), fetched(me, CONVERSATIONS).await);
                for thread in titled(held) {
                    held.insert(thread.clone(), fetched(me, &thread).await);
                }
            }
        }
        EventKind::ChannelCreated | EventKind::ChannelUpdated | EventKind::ChannelArchived => {
            held.insert(at("channels", &data["id"]), data.clone());
            upsert(held, &list("channels"), data);
            // Ids are made in the order of time.
            sort(held, &list("channels"), |one| (!one["archived_at"].is_null(), text(&one["id"])));
        }
        // Of a draft's: who may read it asks for it.
        EventKind::ThreadCreated | EventKind::ThreadUpdated | EventKind::ThreadMoved if data["kind"].is_null() => {}
        EventKind::ThreadCreated => {
            lead(held, &threads, data);
            held.insert(at("threads", &data["id"]), data.clone());
            held.insert(format!("{}/messages", at("threads", &data["id"])), json!({ "items": [], "next": null }));
        }
        EventKind::ThreadUpdated => {
            upsert(held, &threads, data);
            held.insert(at("threads", &data["id"]), data.clone());
        }
        EventKind::ThreadMoved => {
            held.insert(at("threads", &data["id"]), data.clone());
            let lists: Vec<_> = held.keys().filter(|address| address.ends_with("/threads")).cloned().collect();
            for list in &lists {
                items(held, list).unwrap().retain(|one| one["id"] != data["id"]);
            }
            if held.contains_key(&threads) {
                held.insert(threads.clone(), fetched(me, &threads).await);
            }
            let said = items(held, &format!("{}/messages", at("threads", &data["id"]))).into_iter().flatten();
            said.for_each(|message| message["channel"] = data["channel"].clone());
        }
        EventKind::MessageCreated => {
            upsert(held, &messages, data);
            let thread = at("threads", &data["thread"]);
            if let Some(known) = held.get_mut(&thread) {
                known["last_position"] = data["position"].clone();
                let known = known.clone();
                lead(held, &threads, &known);
            }
            if let Some(known) = conversation(held, "thread", &data["thread"]) {
                merge(known, &json!({ "last_position": data["position"], "active_at": data["created_at"] }));
                let known = known.clone();
                lead(held, CONVERSATIONS, &known);
            }
        }
        EventKind::MessageEdited | EventKind::MessageDeleted | EventKind::MessagePreviewed => {
            upsert(held, &messages, data);
        }
        EventKind::ReactionSet => {
            let said = items(held, &messages).into_iter().flatten().find(|one| one["id"] == data["message"]);
            said.unwrap()["reactions"] = data["reactions"].clone();
        }
        EventKind::VoteSet => {
            let said = items(held, &messages).into_iter().flatten().find(|one| one["id"] == data["message"]);
            said.unwrap()["poll"] = data["poll"].clone();
        }
        EventKind::DocumentCreated | EventKind::DocumentUpdated => {
            lead(held, &list("documents"), data);
            held.insert(at("documents", &data["id"]), data.clone());
        }
        EventKind::DocumentDeleted => {
            items(held, &list("documents")).unwrap().retain(|one| one["id"] != data["id"]);
            held.remove(&at("documents", &data["id"]));
        }
        EventKind::MeetingCreated | EventKind::MeetingUpdated => meeting(held, me, &list("meetings"), data).await,
        EventKind::RsvpSet => {
            let own = (data["user"] == held["/api/v1/me"]["id"]).then(|| data["answer"].clone());
            let now = held.get_mut(&at("meetings", &data["meeting"])).unwrap();
            now["counts"] = data["counts"].clone();
            now["rsvp"] = own.unwrap_or(now["rsvp"].take());
            let now = now.clone();
            upsert(held, &list("meetings"), &now);
        }
        EventKind::GroupJoined => {
            // A conversation is no group of the list.
            let joined = fetched(me, &at("groups", &data["group"])).await;
            if joined.is_null() {
                held.insert(CONVERSATIONS.to_owned(), fetched(me, CONVERSATIONS).await);
            } else {
                upsert(held, "/api/v1/groups", &joined);
                held.insert(at("groups", &data["group"]), joined);
            }
        }
        EventKind::GroupLeft => {
            items(held, "/api/v1/groups").unwrap().retain(|one| one["id"] != data["group"]);
            items(held, CONVERSATIONS).unwrap().retain(|one| one["id"] != data["group"]);
            // All that was in it goes with it: in this test, all but what is one's own.
            let own = ["/api/v1/me", "/api/v1/groups", CONVERSATIONS, "/api/v1/notifications", "/api/v1/favourites"];
            held.retain(|address, _| own.contains(&address.as_str()));
        }
        EventKind::ReadMoved => {
            let read = format!("{}/read", at("threads", &data["thread"]));
            held.insert(read, json!({ "position": data["position"] }));
            if let Some(known) = conversation(held, "thread", &data["thread"]) {
                merge(known, &json!({ "read": data["position"] }));
            }
        }
        EventKind::FollowSet => {
            let level = json!({ "level": data["level"] });
            held.insert(format!("{}/follow", at("threads", &data["thread"])), level);
            if let Some(known) = conversation(held, "thread", &data["thread"]) {
                merge(known, &json!({ "muted": data["level"] == "muted" }));
            }
        }
        EventKind::FavouriteSet => {
            held.insert("/api/v1/favourites".to_owned(), fetched(me, "/api/v1/favourites").await);
        }
        EventKind::NotificationCreated => lead(held, "/api/v1/notifications", data),
        EventKind::NotificationSeen => upsert(held, "/api/v1/notifications", data),
        EventKind::SettingsUpdated => drop(held.insert("/api/v1/me".to_owned(), fetched(me, "/api/v1/me").await)),
    }
    let seq = json!({ "seq": event["seq"] });
    set_of_group(held, &stream, &seq);
    if let Some(known) = conversation(held, "id", &event["stream"]) {
        merge(known, &seq);
    }
    if held["/api/v1/me"]["stream"] == *stream {
        merge(held.get_mut("/api/v1/me").unwrap(), &seq);
    }
}

/// A member, in order of role and name; and who animates the group, in order of name.
fn member(held: &mut Held, group: &str, list: &str, data: &Value) {
    let Some(members) = items(held, list) else { return };
    members.retain(|one| one["user"]["id"] != data["user"]["id"]);
    members.extend(Some(data.clone()).filter(|one| !one["role"].is_null()));
    sort(held, list, |one| {
        let rank = ["animator", "member", "guest"].iter().position(|role| one["role"] == *role);
        (rank, text(&one["user"]["name"]))
    });
    let animators = items(held, list).into_iter().flatten().filter(|one| one["role"] == "animator");
    let animators: Vec<_> =
        animators.map(|one| json!({ "id": one["user"]["id"], "name": one["user"]["name"] })).collect();
    set_of_group(held, group, &json!({ "animators": animators }));
    // They may be called otherwise, in all that they said.
    let lists = held.iter_mut().filter(|(address, _)| address.ends_with("/messages"));
    let said = lists.filter_map(|(_, list)| list["items"].as_array_mut()).flatten();
    said.filter(|message| message["author"]["id"] == data["user"]["id"])
        .for_each(|message| message["author"]["name"] = data["user"]["name"].clone());
}

/// A meeting, the latest first, with one's own answer to it. A draft says no more than that there is one to ask for.
async fn meeting(held: &mut Held, me: &Actor, list: &str, data: &Value) {
    let at = format!("/api/v1/meetings/{}", text(&data["id"]));
    let mut now = if data["state"].is_null() { fetched(me, &at).await } else { data.clone() };
    if now.is_null() {
        return;
    }
    if let Some(known) = held.get(&at) {
        now["rsvp"] = known["rsvp"].clone();
    }
    upsert(held, list, &now);
    sort(held, list, |one| (std::cmp::Reverse(text(&one["starts_at"])), text(&one["id"])));
    held.insert(at, now);
}

/// The conversation whose field has this value, if it is held.
fn conversation<'h>(held: &'h mut Held, field: &str, value: &Value) -> Option<&'h mut Value> {
    items(held, CONVERSATIONS)?.iter_mut().find(|one| one[field] == *value)
}

/// The threads of conversations that are held by themselves.
fn titled(held: &mut Held) -> Vec<String> {
    let threads = items(held, CONVERSATIONS).into_iter().flatten();
    threads.map(|one| format!("/api/v1/threads/{}", text(&one["thread"]))).collect()
}

/// The items of a list that is held.
fn items<'h>(held: &'h mut Held, list: &str) -> Option<&'h mut Vec<Value>> {
    held.get_mut(list)?["items"].as_array_mut()
}

/// Puts a thing in its place in a list, or at the end if it is new.
fn upsert(held: &mut Held, list: &str, thing: &Value) {
    let Some(items) = items(held, list) else { return };
    match items.iter_mut().find(|one| one["id"] == thing["id"]) {
        Some(known) => *known = thing.clone(),
        None => items.push(thing.clone()),
    }
}

/// Puts a thing first in a list.
fn lead(held: &mut Held, list: &str, thing: &Value) {
    let Some(items) = items(held, list) else { return };
    items.retain(|one| one["id"] != thing["id"]);
    items.insert(0, thing.clone());
}

fn sort<K: Ord>(held: &mut Held, list: &str, by: impl Fn(&Value) -> K) {
    if let Some(items) = items(held, list) {
        items.sort_by_key(by);
    }
}

/// Changes fields of a group, by itself and among the groups; what is the reader's own stays.
fn set_of_group(held: &mut Held, group: &str, fields: &Value) {
    if let Some(known) = held.get_mut(&format!("/api/v1/groups/{group}")) {
        merge(known, fields);
    }
    let known = items(held, "/api/v1/groups").into_iter().flatten().find(|one| one["id"] == *group);
    if let Some(known) = known {
        merge(known, fields);
    }
}

fn merge(known: &mut Value, fields: &Value) {
    let fields =
        fields.as_object().unwrap().iter().filter(|(name, _)| !["role", "stream", "epoch"].contains(&name.as_str()));
    fields.for_each(|(name, value)| known[name] = value.clone());
}
