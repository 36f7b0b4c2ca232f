//! The demonstration: an invented network, built by the product's own verbs. The same clock gives the same network.

mod network;

use anyhow::{Result, bail};
use chrono::{DateTime, Days, NaiveTime, TimeZone, Utc};
use std::collections::HashMap;
use web::date::NETWORK_ZONE;
use words::{Access, ChannelId, GroupId, PersonId, Role, TerritoryId};

use crate::{
    channels::{self, NewChannel},
    clock::Clock,
    db::{self, Db},
    groups::{self, NewGroup},
    http::Viewer,
    messages::{self, Draft, Post},
    people::{self, NewPerson},
    territories::{self, NewTerritory},
    threads::{self, NewThread},
};
use network::{Network, Thread};

/// The name of the demonstration's network.
const NAME: &str = "Réseau CPO Hauts-de-France";

/// Loads the demonstration into an empty database; one that holds it is left alone, any other is refused.
pub(super) async fn load(db: &Db, options: sqlx::postgres::PgConnectOptions) -> Result<()> {
    match db::demonstration(db).await? {
        db::Demonstration::There => return Ok(()),
        db::Demonstration::Foreign => bail!(
            "this database holds people who are not of the demonstration: choose an empty data folder with --data, or \
             serve without --demo"
        ),
        db::Demonstration::Empty => {}
    }
    let now = db.clock().now();
    let clock = Clock::at(now);
    // The same database, under a clock that is moved to when each thing was said.
    let past = Db::open(options, clock.clone(), crate::reactions::react);
    let builder =
        Builder { db: past, clock, now, network: Network::load()?, viewers: HashMap::new(), channels: HashMap::new() };
    builder.build().await?;
    Ok(db::mark_demonstration(db, NAME).await?)
}

struct Builder {
    db: Db,
    clock: Clock,
    now: DateTime<Utc>,
    network: Network,
    viewers: HashMap<String, Viewer>,
    channels: HashMap<String, ChannelId>,
}

impl Builder {
    async fn build(mut self) -> Result<()> {
        self.clock.set(self.at(90, NaiveTime::MIN));
        let territories = self.territories().await?;
        self.people(&territories).await?;
        let groups = self.groups().await?;
        self.channels(&groups).await?;
        let mut threads = std::mem::take(&mut self.network.threads);
        // In the order of time, so that the log tells it as it happened.
        threads.sort_by_key(|thread| thread.messages.first().map(|first| (u64::MAX - first.days_ago, first.time)));
        for thread in &threads {
            self.thread(thread).await?;
        }
        self.db.pool().close().await;
        Ok(())
    }

    async fn territories(&self) -> Result<HashMap<String, TerritoryId>> {
        let mut known = HashMap::new();
        for territory in self.network.territories.iter().cloned() {
            let code = territory.code.clone();
            let new = NewTerritory::from(territory);
            let id = self.db.write(move |tx| Box::pin(async move { territories::add(tx, &new).await })).await?;
            known.insert(code, id);
        }
        Ok(known)
    }

    async fn people(&mut self, territories: &HashMap<String, TerritoryId>) -> Result<()> {
        let since = self.at(400, NaiveTime::MIN).date_naive();
        for person in &self.network.people {
            let new = NewPerson::checked(&person.email, &person.name, person.admin, person.locale)?;
            let posts: Vec<_> = person
                .posts
                .iter()
                .map(|post| (post.territory.as_ref().and_then(|code| territories.get(code).copied()), post.post))
                .collect();
            let viewer = self
                .db
                .write(move |tx| {
                    Box::pin(async move {
                        let id = people::create(tx, &new).await?;
                        for (territory, post) in posts {
                            territories::assign(tx, id, territory, post, (since, None)).await?;
                        }
                        people::viewer(tx.connection(), id).await
                    })
                })
                .await?;
            self.viewers.extend(viewer.map(|viewer| (person.key.clone(), viewer)));
        }
        Ok(())
    }

    async fn groups(&self) -> Result<HashMap<&'static str, GroupId>> {
        let ines = self.viewer("ines")?;
        let everybody: Vec<PersonId> =
            self.viewers.values().map(|viewer| viewer.id).filter(|id| *id != ines.id).collect();
        let newcomers = ["karim", "houda", "nora"].map(|key| self.viewer(key).map(|viewer| viewer.id));
        let newcomers = newcomers.into_iter().collect::<Result<Vec<_>>>()?;
        let main = NewGroup::checked(
            NAME,
            Some("reseau-cpo"),
            "Les chefs et cheffes de projet des cités éducatives de la région.",
            Access::Request,
        )?;
        let new = NewGroup::checked(
            "Nouveaux arrivants",
            Some("nouveaux-arrivants"),
            "Prendre son poste, ne pas rester seul.",
            Access::Open,
        )?;
        Ok(HashMap::from([
            ("main", self.group(&ines, main, everybody).await?),
            ("new", self.group(&ines, new, newcomers).await?),
        ]))
    }

    async fn group(&self, ines: &Viewer, new: NewGroup, mut members: Vec<PersonId>) -> Result<GroupId> {
        let ines = ines.clone();
        members.sort();
        Ok(self
            .db
            .write(move |tx| {
                Box::pin(async move {
                    let group = groups::create(tx, &ines, &new).await?;
                    let may = groups::may_animate(tx.connection(), &ines, group).await?;
                    for member in members {
                        groups::add(tx, &may, member, Role::Member).await?;
                    }
                    Ok(group)
                })
            })
            .await?)
    }

    async fn channels(&mut self, groups: &HashMap<&'static str, GroupId>) -> Result<()> {
        let ines = self.viewer("ines")?;
        for channel in &self.network.channels {
            let Some(&group) = groups.get(channel.group.as_str()) else { bail!("unknown group {}", channel.group) };
            let (ines, new) = (ines.clone(), NewChannel::checked(&channel.name, &channel.purpose)?);
            let made = self
                .db
                .write(move |tx| {
                    Box::pin(async move {
                        let may = groups::may_write(tx.connection(), &ines, group).await?;
                        channels::create(tx, &may, &new).await
                    })
                })
                .await?;
            self.channels.insert(channel.key.clone(), made.id);
            // One second apart, so that channels keep their order.
            self.clock.advance(chrono::TimeDelta::seconds(1));
        }
        Ok(())
    }

    async fn thread(&self, thread: &Thread) -> Result<()> {
        let Some(&channel) = self.channels.get(&thread.channel) else { bail!("unknown channel {}", thread.channel) };
        let Some((first, replies)) = thread.messages.split_first() else { return Ok(()) };
        self.clock.set(self.at(first.days_ago, first.time));
        let (viewer, draft) = (self.viewer(&first.by)?, Draft::checked(None, &first.body, Vec::new())?);
        let new = NewThread::checked(None, thread.title.as_deref(), Some(thread.kind))?;
        let opened = self
            .db
            .write(move |tx| {
                Box::pin(async move {
                    let access = channels::may_read(tx.connection(), &viewer, channel).await?;
                    let may = threads::may_open(&access, new.kind())?;
                    messages::open(tx, &may, &new, draft).await
                })
            })
            .await?;
        for reply in replies {
            self.clock.set(self.at(reply.days_ago, reply.time));
            let viewer = self.viewer(&reply.by)?;
            let draft = Draft::checked(None, &reply.body, Vec::new())?;
            let may = threads::may_post(&mut *self.db.pool().acquire().await?, &viewer, opened.thread).await?;
            for verdict in messages::commit(&self.db, vec![Post::new(may, draft)]).await {
                verdict?;
            }
        }
        Ok(())
    }

    fn viewer(&self, key: &str) -> Result<Viewer> {
        self.viewers.get(key).cloned().ok_or_else(|| anyhow::anyhow!("unknown person {key}"))
    }

    /// An hour of a day in the network's zone, so many days ago.
    fn at(&self, days_ago: u64, time: NaiveTime) -> DateTime<Utc> {
        let day = self.now.with_timezone(&NETWORK_ZONE).date_naive() - Days::new(days_ago);
        let local = NETWORK_ZONE.from_local_datetime(&day.and_time(time)).earliest();
        local.map_or(self.now, |local| local.with_timezone(&Utc)).min(self.now)
    }
}
