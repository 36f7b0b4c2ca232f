//! The demonstration's network, as `network.json` tells it: who, where, what was said, shared and decided.
//!
//! Everything in it is invented but the territories and the dates of the past meetings. Records name one another by
//! `key`; days are counted back from the day the demonstration is loaded, so that it never looks old.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate, NaiveTime};
use serde::Deserialize;
use words::{Access, DocumentType, Locale, Mode, Post, ReactionName, Role, ThreadKind, ThreadStatus};

use super::documents::{Block, Format};

const NETWORK: &str = include_str!("network.json");

/// The whole demonstration. Fails only if `network.json` was edited badly, which a test catches.
pub(super) fn network() -> serde_json::Result<Network> {
    serde_json::from_str(NETWORK)
}

/// A network and all that it holds, in the order in which it can be loaded.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Network {
    pub(super) territories: Vec<Territory>,
    pub(super) people: Vec<Person>,
    pub(super) groups: Vec<Group>,
    pub(super) documents: Vec<Document>,
    pub(super) threads: Vec<Thread>,
    pub(super) conversations: Vec<Conversation>,
    pub(super) meetings: Vec<Meeting>,
}

/// A cité éducative. Its `code` of three letters is its key.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Territory {
    pub(super) code: String,
    pub(super) name: String,
    pub(super) communes: Vec<String>,
    /// The communes' INSEE codes, in the same order: text, for the zero that some start with.
    pub(super) insee: Vec<String>,
    pub(super) department: String,
    pub(super) department_name: String,
    /// The quarters in a sentence; empty if unknown.
    pub(super) quarters: String,
    /// The year of the first label, where a source gives it.
    pub(super) label_since: Option<i16>,
    pub(super) lat: f64,
    pub(super) lon: f64,
}

/// A member of the network.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Person {
    pub(super) key: String,
    pub(super) name: String,
    pub(super) email: String,
    /// Whether this person administers the platform, which gives no right to read a group.
    pub(super) admin: bool,
    pub(super) locale: Locale,
    pub(super) assignments: Vec<Assignment>,
}

/// A post held by a person, past or present.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Assignment {
    /// The territory's code; none for a post at the scale of the region.
    pub(super) territory: Option<String>,
    pub(super) role: Post,
    pub(super) from: NaiveDate,
    /// The last day; none while the post is held.
    pub(super) to: Option<NaiveDate>,
}

/// A group, its members and its channels.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Group {
    pub(super) key: String,
    pub(super) name: String,
    pub(super) slug: String,
    pub(super) purpose: String,
    pub(super) access: Access,
    /// The person who creates the group; also the first of its members.
    pub(super) animator: String,
    pub(super) members: Vec<Member>,
    pub(super) channels: Vec<Channel>,
}

/// A person's place in a group.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Member {
    pub(super) person: String,
    pub(super) role: Role,
}

/// A channel of a group. Its key is unique in the whole demonstration.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Channel {
    pub(super) key: String,
    pub(super) name: String,
    pub(super) purpose: String,
}

/// A document of a group's library: either a file to generate or the address of a page.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Document {
    pub(super) key: String,
    pub(super) group: String,
    pub(super) title: String,
    pub(super) purpose: String,
    #[serde(rename = "type")]
    pub(super) kind: DocumentType,
    pub(super) by: String,
    pub(super) days_ago: u64,
    pub(super) tags: Vec<String>,
    pub(super) file: Option<File>,
    pub(super) url: Option<String>,
    /// The file's text; empty for a link.
    pub(super) content: Vec<Block>,
}

/// The name and the format of a document's file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) name: String,
    pub(super) format: Format,
}

/// A discussion. A standing one is its channel's own, without title, and exists as soon as the channel does.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(
    not(test),
    expect(dead_code, reason = "a thread's status and group are told by the file, and checked by the tests")
)]
pub(super) struct Thread {
    pub(super) group: String,
    pub(super) channel: String,
    pub(super) title: Option<String>,
    pub(super) kind: ThreadKind,
    /// Where a question stands; none for any other kind.
    pub(super) status: Option<ThreadStatus>,
    pub(super) standing: bool,
    pub(super) messages: Vec<Message>,
}

/// What a few people say to each other alone.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Conversation {
    /// Who is in it; the first began it.
    pub(super) people: Vec<String>,
    pub(super) messages: Vec<Message>,
}

/// A message, in Markdown.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Message {
    pub(super) by: String,
    pub(super) days_ago: u64,
    /// The time of day in Paris.
    pub(super) time: NaiveTime,
    pub(super) body: String,
    /// Keys of documents of the same group.
    pub(super) attachments: Vec<String>,
    /// Who reacted, and how; never the author.
    pub(super) reactions: BTreeMap<ReactionName, Vec<String>>,
}

/// A meeting: past if it has a `date`, to come if it has `days_ahead`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Meeting {
    pub(super) key: String,
    pub(super) group: String,
    pub(super) title: String,
    /// At most 500 characters.
    pub(super) objective: String,
    pub(super) date: Option<NaiveDate>,
    pub(super) days_ahead: Option<u64>,
    pub(super) start: NaiveTime,
    pub(super) end: NaiveTime,
    pub(super) timezone: String,
    pub(super) mode: Mode,
    pub(super) place: Option<String>,
    pub(super) link: Option<String>,
    pub(super) by: String,
    /// The items, whose minutes add up to the meeting's length.
    pub(super) agenda: Vec<Item>,
    pub(super) answers: Vec<Answer>,
    /// Keys of documents of the same group.
    pub(super) documents: Vec<String>,
    /// What was said, or what to prepare for a meeting to come, in Markdown.
    pub(super) summary: String,
}

impl Meeting {
    /// The day of the meeting, `today` being the day the demonstration is loaded.
    pub(super) fn day(&self, today: NaiveDate) -> Option<NaiveDate> {
        self.date.or_else(|| today.checked_add_days(Days::new(self.days_ahead?)))
    }
}

/// An item of an agenda.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Item {
    pub(super) title: String,
    pub(super) minutes: i64,
}

/// A person's answer to an invitation.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Answer {
    pub(super) person: String,
    pub(super) answer: words::Answer,
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use chrono::TimeDelta;
    use serde_json::Value;

    use super::*;
    use crate::commands::demo::documents;

    fn read() -> Network {
        network().expect("network.json is well formed")
    }

    /// The keys, each of which must be there once.
    fn unique<'a>(keys: impl IntoIterator<Item = &'a str>) -> BTreeSet<&'a str> {
        let mut seen = BTreeSet::new();
        for key in keys {
            assert!(seen.insert(key), "{key} is there twice");
        }
        seen
    }

    fn members<'a>(network: &'a Network, group: &str) -> BTreeMap<&'a str, Role> {
        let group = network.groups.iter().find(|candidate| candidate.key == group).expect(group);
        group.members.iter().map(|member| (member.person.as_str(), member.role)).collect()
    }

    fn document<'a>(network: &'a Network, key: &str, group: &str) -> &'a Document {
        let found = network.documents.iter().find(|document| document.key == key);
        let document = found.unwrap_or_else(|| panic!("no document {key}"));
        assert_eq!(document.group, group, "{key} is in another group");
        document
    }

    #[test]
    fn territories_are_the_twenty_three() {
        let network = read();
        assert_eq!(unique(network.territories.iter().map(|territory| territory.code.as_str())).len(), 23);
        for territory in &network.territories {
            assert_eq!(territory.communes.len(), territory.insee.len(), "{}", territory.code);
            assert!(territory.insee.iter().all(|code| code.starts_with(&territory.department)), "{}", territory.code);
            assert!(!territory.name.is_empty() && !territory.department_name.is_empty());
            assert!(territory.label_since.is_none_or(|year| (2019..=2024).contains(&year)));
            assert!((49.0..51.2).contains(&territory.lat) && (1.5..4.3).contains(&territory.lon));
        }
        assert!(network.territories.iter().any(|territory| territory.quarters.is_empty()));
    }

    #[test]
    fn people_are_invented_and_posted_on_territories_that_exist() {
        let network = read();
        let codes = unique(network.territories.iter().map(|territory| territory.code.as_str()));
        assert_eq!(unique(network.people.iter().map(|person| person.key.as_str())).len(), 31);
        unique(network.people.iter().map(|person| person.email.as_str()));
        let mut filled = BTreeSet::new();
        for person in &network.people {
            assert!(person.email.is_ascii() && person.email.ends_with(".example"), "{}", person.email);
            assert!(person.name.contains(' '));
            for post in &person.assignments {
                assert!(post.territory.as_deref().is_none_or(|code| codes.contains(code)), "{}", person.key);
                assert!(post.to.is_none_or(|to| to > post.from), "{}", person.key);
                assert!(
                    post.territory.is_some() || matches!(post.role, Post::Facilitator | Post::Intern | Post::Speaker)
                );
                filled.extend(post.territory.as_deref().filter(|_| post.to.is_none()));
            }
        }
        assert_eq!(codes.len() - filled.len(), 3, "territories with nobody");
        let held = |person: &Person| person.assignments.iter().filter(|post| post.to.is_none()).count();
        assert_eq!(network.people.iter().filter(|person| held(person) == 2).count(), 1, "one holds two posts");
        assert_eq!(network.people.iter().filter(|person| held(person) < person.assignments.len()).count(), 1);
        assert_eq!(network.people.iter().filter(|person| person.admin).count(), 1);
        assert_eq!(network.people.iter().filter(|person| person.locale == Locale::En).count(), 1);
    }

    #[test]
    fn groups_have_their_animator_and_everybody_is_in_the_first() {
        let network = read();
        let people = unique(network.people.iter().map(|person| person.key.as_str()));
        unique(network.groups.iter().map(|group| group.slug.as_str()));
        unique(network.groups.iter().flat_map(|group| &group.channels).map(|channel| channel.key.as_str()));
        for group in &network.groups {
            let keys = unique(group.members.iter().map(|member| member.person.as_str()));
            assert!(keys.is_subset(&people), "{}", group.key);
            let animators: Vec<_> = group.members.iter().filter(|member| member.role == Role::Animator).collect();
            assert!(matches!(animators[..], [member] if member.person == group.animator), "{}", group.key);
            assert!(!group.name.is_empty() && !group.purpose.is_empty());
            assert!(group.channels.iter().all(|channel| !channel.name.is_empty() && !channel.purpose.is_empty()));
        }
        assert_eq!(members(&network, "reseau").len(), people.len());
        let accesses: Vec<Access> = network.groups.iter().map(|group| group.access).collect();
        assert_eq!(accesses, [Access::Open, Access::Request, Access::Invite]);
    }

    #[test]
    fn discussions_resolve_and_go_forward() {
        let network = read();
        let mut standing = Vec::new();
        for thread in &network.threads {
            let group = network.groups.iter().find(|group| group.key == thread.group).expect(&thread.group);
            assert!(group.channels.iter().any(|channel| channel.key == thread.channel), "{}", thread.channel);
            let title = thread.title.as_deref().unwrap_or(&thread.channel);
            assert_eq!(thread.standing, thread.title.is_none(), "{title}");
            assert_eq!(thread.kind == ThreadKind::Question, thread.status.is_some(), "{title}");
            standing.extend(thread.standing.then_some(thread.channel.as_str()));
            assert!((2..=12).contains(&thread.messages.len()), "{title}");
            for pair in thread.messages.windows(2) {
                let [before, after] = pair else { unreachable!("windows of two") };
                let later = (before.days_ago, after.time) > (after.days_ago, before.time);
                assert!(later, "{title}: {} after {}", after.by, before.by);
            }
            for message in &thread.messages {
                check_message(&network, thread, message);
            }
        }
        unique(standing);
        let titled = network.threads.iter().filter(|thread| !thread.standing);
        assert!(titled.count() >= 18);
        let newest = network.threads.iter().flat_map(|thread| &thread.messages).map(|message| message.days_ago).min();
        assert_eq!(newest, Some(0));
    }

    #[test]
    fn conversations_are_of_their_people_and_go_forward() {
        let network = read();
        let people = unique(network.people.iter().map(|person| person.key.as_str()));
        for conversation in &network.conversations {
            let own = unique(conversation.people.iter().map(String::as_str));
            assert!(own.len() > 1 && own.is_subset(&people), "{own:?}");
            for pair in conversation.messages.windows(2) {
                let [before, after] = pair else { unreachable!("windows of two") };
                assert!((before.days_ago, after.time) > (after.days_ago, before.time), "{own:?}");
            }
            for message in &conversation.messages {
                assert!(own.contains(message.by.as_str()) && message.attachments.is_empty(), "{own:?}");
                assert!(message.reactions.values().all(Vec::is_empty), "{own:?}");
            }
        }
    }

    fn check_message(network: &Network, thread: &Thread, message: &Message) {
        let members = members(network, &thread.group);
        let may_write = members.get(message.by.as_str()).is_some_and(|role| *role != Role::Guest);
        assert!(may_write, "{} in {}", message.by, thread.group);
        assert!(message.days_ago <= 60 && !message.body.is_empty());
        let morning = NaiveTime::from_hms_opt(8, 30, 0).expect("a time");
        assert!(message.days_ago > 0 || message.time <= morning, "{} is in the future", message.by);
        for key in &message.attachments {
            let document = document(network, key, &thread.group);
            assert!(document.days_ago >= message.days_ago, "{key} is quoted before it is there");
        }
        for (reaction, people) in &message.reactions {
            for person in unique(people.iter().map(String::as_str)) {
                assert!(members.contains_key(person), "{person} in {}", thread.group);
                assert_ne!(person, message.by, "{reaction:?} to oneself");
            }
        }
    }

    #[test]
    fn documents_are_whole() {
        let network = read();
        assert_eq!(unique(network.documents.iter().map(|document| document.key.as_str())).len(), 12);
        unique(network.documents.iter().filter_map(|document| Some(document.file.as_ref()?.name.as_str())));
        for document in &network.documents {
            let members = members(&network, &document.group);
            assert!(members.contains_key(document.by.as_str()), "{}", document.key);
            assert!(!document.title.is_empty() && !document.purpose.is_empty() && !document.tags.is_empty());
            assert_eq!(document.url.is_some(), document.kind == DocumentType::Link, "{}", document.key);
            assert_eq!(document.file.is_some(), document.url.is_none(), "{}", document.key);
            for block in &document.content {
                let Block::Table(rows) = block else { continue };
                assert!(rows.windows(2).all(|pair| pair[0].len() == pair[1].len()), "{}", document.key);
            }
            if let Some(file) = &document.file {
                let extension = format!("{:?}", file.format).to_lowercase();
                assert!(file.name.is_ascii() && file.name.ends_with(&extension), "{}", file.name);
                assert!(documents::file(file.format, &document.title, &document.content).expect("a file").len() > 1500);
            }
        }
    }

    #[test]
    fn meetings_are_at_their_dates() {
        let network = read();
        let today = NaiveDate::from_ymd_opt(2025, 9, 23).expect("a date");
        let days: Vec<String> =
            network.meetings.iter().map(|meeting| meeting.day(today).expect("a day").to_string()).collect();
        let expected =
            ["2022-03-03", "2022-04-06", "2022-05-11", "2022-06-09", "2022-07-07", "2024-07-01", "2025-10-02"];
        assert_eq!(days, expected);
        unique(network.meetings.iter().map(|meeting| meeting.key.as_str()));
        for meeting in &network.meetings {
            assert_ne!(meeting.date.is_some(), meeting.days_ahead.is_some(), "{}", meeting.key);
            assert!(!meeting.title.is_empty() && (1..=500).contains(&meeting.objective.chars().count()));
            assert!(!meeting.summary.is_empty() && meeting.timezone == "Europe/Paris");
            assert_eq!(meeting.place.is_some(), meeting.mode != Mode::Remote, "{}", meeting.key);
            assert_eq!(meeting.link.is_some(), meeting.mode != Mode::InPerson, "{}", meeting.key);
            let minutes = meeting.agenda.iter().map(|item| item.minutes).sum();
            assert_eq!(meeting.end - meeting.start, TimeDelta::minutes(minutes), "{}", meeting.key);
            assert!(meeting.agenda.iter().all(|item| !item.title.is_empty()));
            let members = members(&network, &meeting.group);
            assert!(members.contains_key(meeting.by.as_str()));
            for person in unique(meeting.answers.iter().map(|answer| answer.person.as_str())) {
                assert!(members.contains_key(person), "{person}");
                let day = meeting.day(today).expect("a day");
                let mut posts = network.people.iter().filter(|one| one.key == person).flat_map(|one| &one.assignments);
                assert!(posts.any(|post| post.from <= day), "{person} was not there yet on {day}");
            }
            for key in &meeting.documents {
                document(&network, key, &meeting.group);
            }
        }
    }

    #[test]
    fn meeting_to_come_has_fourteen_answers() {
        let network = read();
        let coming = network.meetings.iter().find(|meeting| meeting.days_ahead.is_some()).expect("a meeting to come");
        let count = |wanted| coming.answers.iter().filter(|answer| answer.answer == wanted).count();
        assert_eq!([words::Answer::InPerson, words::Answer::Remote, words::Answer::No].map(count), [9, 3, 2]);
    }

    #[test]
    fn typography_is_french() {
        let mut faults = Vec::new();
        visit(&serde_json::from_str(NETWORK).expect("JSON"), &mut |text| {
            if !typography_holds(text) {
                faults.push(text.to_owned());
            }
        });
        assert!(faults.is_empty(), "{faults:#?}");
    }

    #[test]
    fn typographic_faults_are_seen() {
        for fault in ["l'école", "Où ?", "Oui!", "Voici : un", "« oui »", "les coordinateur·rices", "24\u{a0}000 ?"]
        {
            assert!(!typography_holds(fault), "{fault}");
        }
        for right in ["Où\u{202f}?", "Voici\u{a0}: https://irev.fr", "14:12", "«\u{a0}oui\u{a0}»"] {
            assert!(typography_holds(right), "{right}");
        }
    }

    fn visit(value: &Value, each: &mut impl FnMut(&str)) {
        match value {
            Value::String(text) => each(text),
            Value::Array(values) => values.iter().for_each(|value| visit(value, each)),
            Value::Object(fields) => fields.values().for_each(|value| visit(value, each)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// Whether every sign of `text` has the space that French wants before or after it.
    fn typography_holds(text: &str) -> bool {
        let chars: Vec<char> = text.chars().collect();
        let around = |at: usize| (at.checked_sub(1).and_then(|at| chars.get(at)).copied(), chars.get(at + 1).copied());
        chars.iter().enumerate().all(|(at, sign)| match (sign, around(at)) {
            ('\'' | '·', _) => false,
            (';' | '!' | '?', (before, _)) => before == Some('\u{202f}'),
            // An address or a time of day has its colon without spaces.
            (':', (before, after)) => before == Some('\u{a0}') || after.is_some_and(|c| c == '/' || c.is_ascii_digit()),
            ('«', (_, after)) => after == Some('\u{a0}'),
            ('»', (before, _)) => before == Some('\u{a0}'),
            _ => true,
        })
    }
}
