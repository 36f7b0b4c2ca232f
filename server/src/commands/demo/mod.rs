//! The demonstration: an invented network, built by the product's own verbs. The same clock gives the same network.

mod documents;
mod network;

use std::collections::HashMap;

use anyhow::{Context, Result, bail};
use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, TimeZone, Utc};
use futures_util::stream;
use network::{Conversation, Document, Group, Meeting, Message, Network, Thread};
use web::date::NETWORK_ZONE;
use words::{ChannelId, FileId, Gate, GroupId, TerritoryId, ThreadId};

use crate::{
    channels::{self, NewChannel},
    clock::Clock,
    conversations::{self, Others},
    db::{self, Db},
    documents::Described,
    files::Files,
    groups::{self, NewGroup},
    http::Viewer,
    meetings::{self, NewMeeting},
    messages::{self, Draft, Pinned, Place, Post, ThreadPage},
    people::{self, NewPerson},
    territories::{self, NewTerritory},
    threads::{self, NewThread},
};

/// The name of the demonstration's network.
const NAME: &str = "Réseau CPO Hauts-de-France";
/// Why a database that is somebody's own is left alone.
const FOREIGN: &str = "this database holds people who are not of the demonstration: choose an empty data folder with \
    --data, or serve without --demo";
/// What is said while another process does the same.
const BUSY: &str = "the demonstration is being loaded by another process: wait until it has ended, then try again";
/// The heaviest generated document, in bytes.
const HEAVIEST: u64 = 8 << 20;

/// Loads the demonstration into an empty database; one that holds it is left alone, one in which loading was interrupted
/// is emptied and loaded anew, any other is refused.
pub async fn load(db: &Db, options: sqlx::postgres::PgConnectOptions, files: &Files) -> Result<()> {
    let network = network::network()?;
    let Some(_loading) = db::lock_demonstration(db).await? else { bail!(BUSY) };
    match db::demonstration(db).await? {
        db::Demonstration::There => return Ok(()),
        db::Demonstration::Foreign => bail!(FOREIGN),
        db::Demonstration::Begun if others(db, &network).await? => bail!(FOREIGN),
        db::Demonstration::Empty | db::Demonstration::Begun => db::begin_demonstration(db).await?,
    }
    let now = db.clock().now();
    let clock = Clock::at(now);
    // The same database, under a clock that is moved to when each thing was said.
    let past = Db::open(options, clock.clone(), crate::reactions::react);
    Builder::new(past, clock, now, files.clone()).build(&network).await?;
    Ok(db::mark_demonstration(db, NAME).await?)
}

/// Whether anybody has an account who is not of the demonstration: somebody went on with what was cut short.
async fn others(db: &Db, network: &Network) -> Result<bool> {
    let own: Vec<_> = network.people.iter().map(|person| person.email.clone()).collect();
    Ok(people::has_others(&mut *db.lend().await?, &own).await?)
}

struct Builder {
    db: Db,
    clock: Clock,
    now: DateTime<Utc>,
    files: Files,
    viewers: HashMap<String, Viewer>,
    groups: HashMap<String, GroupId>,
    channels: HashMap<String, ChannelId>,
    documents: HashMap<String, FileId>,
}

impl Builder {
    fn new(db: Db, clock: Clock, now: DateTime<Utc>, files: Files) -> Self {
        Self {
            db,
            clock,
            now,
            files,
            viewers: HashMap::new(),
            groups: HashMap::new(),
            channels: HashMap::new(),
            documents: HashMap::new(),
        }
    }

    async fn build(mut self, network: &Network) -> Result<()> {
        self.clock.set(self.at(120, NaiveTime::MIN));
        let territories = self.territories(network).await?;
        self.people(network, &territories).await?;
        for group in &network.groups {
            self.group(group).await?;
        }
        for document in &network.documents {
            self.document(document).await?;
        }
        for meeting in &network.meetings {
            self.meeting(meeting).await?;
        }
        for thread in &network.threads {
            self.thread(thread).await?;
        }
        for conversation in &network.conversations {
            self.conversation(conversation).await?;
        }
        self.db.close().await;
        Ok(())
    }

    async fn territories(&self, network: &Network) -> Result<HashMap<String, TerritoryId>> {
        let mut known = HashMap::new();
        for territory in &network.territories {
            let new = NewTerritory {
                code: territory.code.clone(),
                name: territory.name.clone(),
                communes: territory.communes.clone(),
                insee: territory.insee.clone(),
                department: territory.department.clone(),
                department_name: territory.department_name.clone(),
                quarters: territory.quarters.clone(),
                label_since: territory.label_since,
                latitude: territory.lat,
                longitude: territory.lon,
            };
            let id = self.db.write(move |tx| Box::pin(async move { territories::add(tx, &new).await })).await?;
            known.insert(territory.code.clone(), id);
        }
        Ok(known)
    }

    async fn people(&mut self, network: &Network, territories: &HashMap<String, TerritoryId>) -> Result<()> {
        for person in &network.people {
            let new = NewPerson::checked(&person.email, &person.name, person.admin, person.locale)?;
            let held = |post: &network::Assignment| {
                let territory = post.territory.as_ref().and_then(|code| territories.get(code).copied());
                (territory, post.role, (post.from, post.to))
            };
            let posts: Vec<_> = person.assignments.iter().map(held).collect();
            let viewer = self
                .db
                .write(move |tx| {
                    Box::pin(async move {
                        let id = people::create(tx, &new).await?;
                        for (territory, post, span) in posts {
                            territories::assign(tx, id, territory, post, span).await?;
                        }
                        people::viewer(tx.connection(), id).await
                    })
                })
                .await?;
            self.viewers.extend(viewer.map(|viewer| (person.key.clone(), viewer)));
        }
        Ok(())
    }

    async fn group(&mut self, group: &Group) -> Result<()> {
        // An administrator lets the animator make it.
        let animator = Viewer { admin: true, ..self.viewer(&group.animator)? };
        let new = NewGroup::checked(&group.name, Some(&group.slug), &group.purpose, group.access)?;
        let members = group.members.iter().filter(|member| member.person != group.animator);
        let members =
            members.map(|member| Ok((self.viewer(&member.person)?.id, member.role))).collect::<Result<Vec<_>>>()?;
        let maker = animator.clone();
        let id = self
            .db
            .write(move |tx| {
                Box::pin(async move {
                    let id = groups::create(tx, &maker, &new).await?;
                    let may = groups::may_animate(tx.connection(), &maker, id).await?;
                    for (person, role) in members {
                        groups::add(tx, &may, person, role).await?;
                    }
                    Ok(id)
                })
            })
            .await?;
        self.groups.insert(group.key.clone(), id);
        for channel in &group.channels {
            let (maker, new) = (animator.clone(), NewChannel::checked(&channel.name, &channel.purpose)?);
            let made = self.db.write(move |tx| {
                Box::pin(async move {
                    let may = groups::may_write(tx.connection(), &maker, id).await?;
                    channels::create(tx, &may, &new).await
                })
            });
            self.channels.insert(channel.key.clone(), made.await?.id);
            // One second apart, so that channels keep their order.
            self.clock.advance(TimeDelta::seconds(1));
        }
        Ok(())
    }

    async fn document(&mut self, document: &Document) -> Result<()> {
        self.clock.set(self.at(document.days_ago, NaiveTime::from_hms_opt(8, 0, 0).unwrap_or_default()));
        let new = Described::checked(&document.title, &document.purpose, document.kind, &document.tags.join(", "))?;
        let (viewer, group) = (self.viewer(&document.by)?, self.group_id(&document.group)?);
        if let Some(url) = document.url.clone() {
            let linked = self.db.write(move |tx| {
                Box::pin(async move {
                    let may = groups::may_write(tx.connection(), &viewer, group).await?;
                    crate::documents::add_link(tx, &may, &new, &url).await
                })
            });
            return Ok(linked.await.map(drop)?);
        }
        let Some(file) = &document.file else { bail!("{} has neither a file nor an address", document.key) };
        let bytes = documents::file(file.format, &document.title, &document.content)?;
        let source = stream::iter([Ok(bytes::Bytes::from(bytes))]);
        let (stored, name) = (self.files.store(&file.name, source, HEAVIEST).await?, file.name.clone());
        let id = self
            .db
            .write(move |tx| {
                Box::pin(async move {
                    let may = groups::may_write(tx.connection(), &viewer, group).await?;
                    let file = crate::documents::add_file(tx, may.read(), &name, &stored).await?;
                    crate::documents::add(tx, &may, &new, file.id).await?;
                    Ok(file.id)
                })
            })
            .await?;
        self.documents.insert(document.key.clone(), id);
        Ok(())
    }

    async fn meeting(&self, meeting: &Meeting) -> Result<()> {
        let today = self.now.with_timezone(&NETWORK_ZONE).date_naive();
        let day = meeting.day(today).with_context(|| format!("{} has no day", meeting.key))?;
        self.clock.set(instant(day - Days::new(21), NaiveTime::MIN).min(self.at(12, NaiveTime::MIN)));
        let words = meetings::Words {
            title: &meeting.title,
            objective: &meeting.objective,
            timezone: &meeting.timezone,
            place: meeting.place.as_deref(),
            link: meeting.link.as_deref(),
        };
        let agenda = meeting.agenda.iter().map(|item| (item.title.clone(), item.minutes)).collect();
        let span = (instant(day, meeting.start), instant(day, meeting.end));
        let new = NewMeeting::checked(&words, span, meeting.mode, None, agenda)?;
        let (viewer, group) = (self.viewer(&meeting.by)?, self.group_id(&meeting.group)?);
        let maker = viewer.clone();
        let access = self
            .db
            .write(move |tx| {
                Box::pin(async move {
                    let may = groups::may_animate(tx.connection(), &maker, group).await?;
                    let id = meetings::schedule(tx, &may, &new).await?;
                    meetings::may_read(tx.connection(), &maker, id).await
                })
            })
            .await?;
        for answer in &meeting.answers {
            let (viewer, given, id) = (self.viewer(&answer.person)?, answer.answer, access.meeting());
            let answered = self.db.write(move |tx| {
                Box::pin(async move {
                    let access = meetings::may_read(tx.connection(), &viewer, id).await?;
                    meetings::answer(tx, &access, given, Gate::Page).await
                })
            });
            answered.await?;
        }
        if meeting.date.is_some() {
            self.clock.set(instant(day + Days::new(2), meeting.start));
        }
        self.say(&viewer, access.thread(), &meeting.summary, &meeting.documents).await.map(drop)
    }

    async fn thread(&self, thread: &Thread) -> Result<()> {
        let Some(&channel) = self.channels.get(&thread.channel) else { bail!("unknown channel {}", thread.channel) };
        let Some((first, replies)) = thread.messages.split_first() else { return Ok(()) };
        self.clock.set(self.at(first.days_ago, first.time));
        let opened = if thread.standing {
            self.standing(channel, first).await?
        } else {
            self.open(thread, channel, first).await?
        };
        self.react(opened, first).await?;
        for reply in replies {
            self.clock.set(self.at(reply.days_ago, reply.time));
            let said = self.say(&self.viewer(&reply.by)?, opened.thread, &reply.body, &reply.attachments).await?;
            self.react(said, reply).await?;
        }
        Ok(())
    }

    async fn conversation(&self, conversation: &Conversation) -> Result<()> {
        let people = conversation.people.iter().map(|key| self.viewer(key)).collect::<Result<Vec<_>>>()?;
        let Some((first, others)) = people.split_first() else { return Ok(()) };
        let others: Vec<_> = others.iter().map(|other| other.id).collect();
        let (beginner, others) = (first.clone(), Others::checked(first, &others)?);
        if let Some(first) = conversation.messages.first() {
            self.clock.set(self.at(first.days_ago, first.time));
        }
        let begun =
            self.db.write(move |tx| Box::pin(async move { conversations::begin(tx, &beginner, &others).await }));
        let thread = begun.await?;
        for message in &conversation.messages {
            self.clock.set(self.at(message.days_ago, message.time));
            self.say(&self.viewer(&message.by)?, thread, &message.body, &message.attachments).await?;
        }
        Ok(())
    }

    async fn open(&self, thread: &Thread, channel: ChannelId, first: &Message) -> Result<messages::Ack> {
        let viewer = self.viewer(&first.by)?;
        let draft = Draft::checked(Some(self.clock.fresh()), &first.body, self.files_of(&first.attachments))?;
        let new = NewThread::checked(Some(self.clock.fresh()), thread.title.as_deref(), Some(thread.kind))?;
        let opened = self.db.write(move |tx| {
            Box::pin(async move {
                let access = channels::may_read(tx.connection(), &viewer, channel).await?;
                messages::open(tx, &access, &new, draft).await
            })
        });
        Ok(opened.await?)
    }

    async fn standing(&self, channel: ChannelId, first: &Message) -> Result<messages::Ack> {
        let viewer = self.viewer(&first.by)?;
        let listed = {
            let mut connection = self.db.lend().await?;
            let access = channels::may_read(&mut connection, &viewer, channel).await?;
            let (filter, pinned, from) = (words::ThreadFilter::All, Pinned::Among, Place::First);
            messages::threads_of(&mut connection, &access, ThreadPage { filter, pinned, from, limit: 200 }).await?
        };
        let standing = listed.items.iter().find(|thread| thread.kind == words::ThreadKind::Standing);
        let standing = standing.context("each channel has a standing thread")?.id;
        self.say(&viewer, standing, &first.body, &first.attachments).await
    }

    async fn say(&self, viewer: &Viewer, thread: ThreadId, body: &str, documents: &[String]) -> Result<messages::Ack> {
        let draft = Draft::checked(Some(self.clock.fresh()), body, self.files_of(documents))?;
        let mut connection = self.db.lend().await?;
        let may = threads::may_post(&mut connection, viewer, thread).await?;
        let draft = messages::address(&mut connection, may.group(), draft).await?;
        drop(connection);
        let verdict = messages::commit(&self.db, vec![Post::new(may, draft)]).await.pop();
        Ok(verdict.context("each post has a verdict")??)
    }

    async fn react(&self, said: messages::Ack, message: &Message) -> Result<()> {
        for (&name, people) in &message.reactions {
            for person in people {
                let (viewer, id, operation) = (self.viewer(person)?, said.message, self.clock.fresh());
                let reacted = self.db.write(move |tx| {
                    Box::pin(async move {
                        let access = messages::may_read(tx.connection(), &viewer, id).await?;
                        messages::react(tx, &access, operation, name, true).await
                    })
                });
                reacted.await?;
            }
        }
        Ok(())
    }

    fn files_of(&self, documents: &[String]) -> Vec<FileId> {
        documents.iter().filter_map(|key| self.documents.get(key).copied()).collect()
    }

    fn viewer(&self, key: &str) -> Result<Viewer> {
        self.viewers.get(key).cloned().with_context(|| format!("unknown person {key}"))
    }

    fn group_id(&self, key: &str) -> Result<GroupId> {
        self.groups.get(key).copied().with_context(|| format!("unknown group {key}"))
    }

    /// An hour of a day in the network's zone, so many days ago; never later than now.
    fn at(&self, days_ago: u64, time: NaiveTime) -> DateTime<Utc> {
        let day = self.now.with_timezone(&NETWORK_ZONE).date_naive() - Days::new(days_ago);
        instant(day, time).min(self.now)
    }
}

fn instant(day: NaiveDate, time: NaiveTime) -> DateTime<Utc> {
    let said = day.and_time(time);
    NETWORK_ZONE.from_local_datetime(&said).earliest().map_or(said.and_utc(), |local| local.with_timezone(&Utc))
}
