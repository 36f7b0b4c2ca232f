//! The invented network, as its file writes it.

use anyhow::{Context, Result};
use chrono::NaiveTime;
use serde::{Deserialize, Deserializer};
use words::{Locale, Post, ThreadKind};

use crate::territories::NewTerritory;

const FILE: &str = include_str!("network.json");

/// The whole network.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Network {
    pub(super) territories: Vec<Territory>,
    pub(super) people: Vec<Person>,
    pub(super) channels: Vec<Channel>,
    pub(super) threads: Vec<Thread>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Territory {
    pub(super) code: String,
    name: String,
    communes: Vec<String>,
    insee: Vec<String>,
    department: String,
    department_name: String,
    quarters: String,
    label_since: Option<i16>,
    latitude: f64,
    longitude: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Person {
    pub(super) key: String,
    pub(super) name: String,
    pub(super) email: String,
    pub(super) admin: bool,
    pub(super) locale: Locale,
    pub(super) posts: Vec<Held>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Held {
    pub(super) territory: Option<String>,
    pub(super) post: Post,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Channel {
    pub(super) key: String,
    pub(super) group: String,
    pub(super) name: String,
    pub(super) purpose: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Thread {
    pub(super) channel: String,
    pub(super) title: Option<String>,
    pub(super) kind: ThreadKind,
    pub(super) messages: Vec<Message>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Message {
    pub(super) by: String,
    pub(super) days_ago: u64,
    #[serde(deserialize_with = "hour")]
    pub(super) time: NaiveTime,
    pub(super) body: String,
}

impl Network {
    pub(super) fn load() -> Result<Self> {
        serde_json::from_str(FILE).context("the demonstration's file is not as it must be")
    }
}

impl From<Territory> for NewTerritory {
    fn from(territory: Territory) -> Self {
        Self {
            code: territory.code,
            name: territory.name,
            communes: territory.communes,
            insee: territory.insee,
            department: territory.department,
            department_name: territory.department_name,
            quarters: territory.quarters,
            label_since: territory.label_since,
            latitude: territory.latitude,
            longitude: territory.longitude,
        }
    }
}

fn hour<'de, D: Deserializer<'de>>(deserializer: D) -> Result<NaiveTime, D::Error> {
    let text = String::deserialize(deserializer)?;
    NaiveTime::parse_from_str(&text, "%H:%M").map_err(serde::de::Error::custom)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::Network;

    #[test]
    fn everybody_who_speaks_exists_and_speaks_in_order() {
        let network = Network::load().unwrap();
        assert_eq!((network.territories.len(), network.people.len()), (23, 31));
        let people: HashSet<_> = network.people.iter().map(|person| person.key.as_str()).collect();
        let codes: HashSet<_> = network.territories.iter().map(|territory| territory.code.as_str()).collect();
        for post in network.people.iter().flat_map(|person| &person.posts) {
            assert!(post.territory.as_deref().is_none_or(|code| codes.contains(code)));
        }
        for thread in &network.threads {
            assert!(network.channels.iter().any(|channel| channel.key == thread.channel), "{}", thread.channel);
            assert!(thread.messages.iter().all(|message| people.contains(message.by.as_str())));
            let order = |pair: &[super::Message]| {
                (pair[1].days_ago, pair[0].time) < (pair[0].days_ago, pair[1].time)
                    || pair[1].days_ago < pair[0].days_ago
            };
            assert!(thread.messages.windows(2).all(order), "{:?}", thread.title);
        }
    }

    #[test]
    fn the_network_speaks_french_as_it_is_printed() {
        for message in Network::load().unwrap().threads.iter().flat_map(|thread| &thread.messages) {
            assert!(!message.body.contains('\''), "{}", message.body);
            for sign in [" ?", " !", " ;", " :"] {
                assert!(!message.body.contains(sign), "{sign} in {}", message.body);
            }
        }
    }
}
