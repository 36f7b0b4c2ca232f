//! The writes that are dropped, each with something new to be about.

use std::time::{Duration, Instant};

use axum::{
    body::Body,
    http::{Request, header},
};
use preau::{
    channels,
    db::{Db, Tx, Work},
    groups,
    http::{Credential, Viewer},
    meetings,
    messages::{self, Draft},
    threads::NewThread,
};
use serde_json::json;
use uuid::Uuid;
use words::{
    Announce, Answer, ChannelId, Gate, GroupId, Locale, MeetingId, MessageId, OperationId, PersonId, ReactionName,
    Theme, ThreadId, TokenId,
};

use crate::support::{Actor, Group, Server};

/// The writes that are dropped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Write {
    Post,
    Open,
    Edit,
    React,
    Remove,
    Answer,
    Upload,
}

/// What a write is about: made anew for each try.
#[derive(Clone, Debug)]
pub(super) struct Subject {
    write: Write,
    pub(super) viewer: Viewer,
    group: GroupId,
    pub(super) channel: ChannelId,
    pub(super) standing: ThreadId,
    /// A message to edit and react to, or the id of one to be.
    pub(super) message: MessageId,
    meeting: MeetingId,
    leaver: PersonId,
}

pub(super) struct Scene {
    pub(super) server: Server,
    pub(super) ines: Actor,
    group: Group,
    pub(super) viewer: Viewer,
}

impl Scene {
    pub(super) async fn set() -> Self {
        let server = Server::start().await;
        let (ines, group) = server.group().await;
        let viewer = Viewer {
            id: ines.id,
            name: "Inès".to_owned(),
            email: String::new(),
            admin: true,
            locale: Locale::Fr,
            theme: Theme::System,
            shows_typing: false,
            enter_sends: false,
            announce: Announce::Words,
            credential: Credential::Token(TokenId::fresh()),
            seq: 0,
            standing: None,
        };
        Self { server, ines, group, viewer }
    }

    pub(super) async fn subject(&self, write: Write) -> Subject {
        let (mut message, mut meeting, mut leaver) = (Uuid::now_v7(), Uuid::nil(), self.viewer.id);
        match write {
            Write::Edit | Write::React => {
                message = id(&self.ines.say(&self.group.standing, "bonjour").await["id"]);
            }
            Write::Remove => {
                let camille = self.server.person("Camille").await;
                self.ines.add(&self.group, &camille, "member").await;
                leaver = camille.id;
            }
            Write::Answer => {
                let new = json!({ "title": "Bilan", "objective": "Se parler", "starts_at": "2030-01-07T09:00:00Z",
                    "ends_at": "2030-01-07T10:00:00Z", "timezone": "Europe/Paris", "mode": "remote" });
                let made = self.ines.post(&format!("/api/v1/groups/{}/meetings", self.group.id), new).await;
                meeting = id(&made.json()["id"]);
            }
            Write::Post | Write::Open | Write::Upload => {}
        }
        Subject {
            write,
            viewer: self.viewer.clone(),
            group: GroupId(self.group.id.parse().unwrap()),
            channel: ChannelId(self.group.channel.parse().unwrap()),
            standing: ThreadId(self.group.standing.parse().unwrap()),
            message: MessageId(message),
            meeting: MeetingId(meeting),
            leaver,
        }
    }

    /// Waits until nothing runs in the database, and sees that nothing half-done is left in it.
    pub(super) async fn is_whole(&self) {
        settle(&self.server.db).await.unwrap_or_else(|left| panic!("left in the database: {left:?}"));
        assert_eq!(self.server.torn().await, Vec::<String>::new());
        self.ines.say(&self.group.standing, "et la suite").await;
    }

    /// How often something of a kind happened.
    pub(super) async fn count(&self, kind: &str) -> i64 {
        let query = "select count(*) from events where stream_id = $1 and kind = $2";
        let group: Uuid = self.group.id.parse().unwrap();
        sqlx::query_scalar(query).bind(group).bind(kind).fetch_one(self.server.db.pool()).await.unwrap()
    }
}

impl Write {
    pub(super) fn kind(self) -> &'static str {
        match self {
            Self::Post => "message.created",
            Self::Open => "thread.created",
            Self::Edit => "message.edited",
            Self::React => "reaction.set",
            Self::Remove => "member.removed",
            Self::Answer => "rsvp.set",
            Self::Upload => "document.created",
        }
    }
}

impl Subject {
    /// The write as its room does it.
    pub(super) fn work(self, tx: &mut Tx) -> Work<'_, ()> {
        Box::pin(async move {
            let Self { viewer, message, .. } = &self;
            let said = |body: &str| Draft::checked(Some(*message), body, Vec::new());
            match self.write {
                Write::Open => {
                    let new = NewThread::checked(None, Some("Titre"), None)?;
                    let access = channels::may_read(tx.connection(), viewer, self.channel).await?;
                    messages::open(tx, &access, &new, said("bonjour")?).await.map(drop)
                }
                Write::Edit => {
                    let access = messages::may_read(tx.connection(), viewer, *message).await?;
                    messages::edit(tx, &access, OperationId::fresh(), said("mieux")?).await.map(drop)
                }
                Write::React => {
                    let access = messages::may_read(tx.connection(), viewer, *message).await?;
                    messages::react(tx, &access, OperationId::fresh(), ReactionName::Thanks, true).await.map(drop)
                }
                Write::Remove => groups::remove(tx, viewer, self.group, self.leaver).await,
                Write::Answer => {
                    let access = meetings::may_read(tx.connection(), viewer, self.meeting).await?;
                    meetings::answer(tx, &access, Answer::Remote, Gate::Api).await
                }
                Write::Post | Write::Upload => unreachable!("these are more than one transaction"),
            }
        })
    }

    /// The write as its gate is asked for it.
    pub(super) fn request(&self, token: &str) -> Request<Body> {
        let (method, path, body) = match self.write {
            Write::Post => (
                "POST",
                format!("threads/{}/messages", self.standing),
                json!({ "id": self.message, "body": "bonjour" }),
            ),
            Write::Open => (
                "POST",
                format!("channels/{}/threads", self.channel),
                json!({ "title": "Titre", "body": "bonjour", "message_id": self.message }),
            ),
            Write::Edit => ("PATCH", format!("messages/{}", self.message), json!({ "body": "mieux" })),
            Write::React => ("PUT", format!("messages/{}/reactions/thanks", self.message), json!({})),
            Write::Remove => ("DELETE", format!("groups/{}/members/{}", self.group, self.leaver), json!({})),
            Write::Answer => ("PUT", format!("meetings/{}/rsvp", self.meeting), json!({ "answer": "remote" })),
            Write::Upload => return self.upload(token),
        };
        Request::builder()
            .method(method)
            .uri(format!("/api/v1/{path}"))
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(body.to_string()))
            .unwrap()
    }

    /// A document with its file.
    fn upload(&self, token: &str) -> Request<Body> {
        let content = self.message;
        let part = |name: &str, value: &str| {
            format!("--x\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
        };
        let file =
            format!("--x\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\n{content}\r\n");
        let form =
            [part("title", "Bilan"), part("purpose", "voir"), part("type", "tool"), file, "--x--\r\n".to_owned()];
        Request::builder()
            .method("POST")
            .uri(format!("/api/v1/groups/{}/documents", self.group))
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=x")
            .body(Body::from(form.concat()))
            .unwrap()
    }
}

fn id(value: &serde_json::Value) -> Uuid {
    value.as_str().unwrap_or_else(|| panic!("an id: {value}")).parse().unwrap()
}

/// Waits until nobody is in a transaction or holds a lock; what is left after a while.
pub(super) async fn settle(db: &Db) -> Result<(), Vec<(String, String)>> {
    let busy = "with others as (
                  select pid, state, query from pg_stat_activity
                  where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend')
                select state, query from others where state <> 'idle'
                union all
                select mode, coalesce(relation::regclass::text, locktype) from pg_locks join others using (pid)";
    let began = Instant::now();
    loop {
        let left: Vec<(String, String)> = sqlx::query_as(busy).fetch_all(db.pool()).await.unwrap();
        if left.is_empty() {
            return Ok(());
        }
        if began.elapsed() > Duration::from_secs(5) {
            return Err(left);
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
