//! Conversations.

use uuid::Uuid;

use super::{Kind, Sample, Stage, ago, camille, id, now};
use crate::{
    conversations::{Beginning, Conversation, Conversations, ConversationsPage, Latest},
    groups::Log,
    page::Current,
};

/// Two conversations of Camille's: with one person, and with two.
fn some(stage: &Stage) -> Conversations {
    let latest = |author: &str, own, said: &str| Latest {
        author: stage.kind.name(author),
        own,
        extract: Some(stage.kind.words(said)),
    };
    let one = |number: u128, names: &str, people: &[u128], latest| Conversation {
        id: id(40 + number),
        log: Log { stream: id(40 + number), seq: 0, epoch: Uuid::nil() },
        thread: id(36 + number),
        name: stage.kind.name(names),
        people: people.iter().map(|&person| id(person)).collect(),
        last_position: if stage.kind == Kind::Long { 4_000 } else { 4 },
        read: 2,
        muted: number == 2,
        latest,
        active_at: ago(35),
    };
    let rows = stage.kind.list(&[
        one(0, "Sophie Bailleul", &[2], Some(latest("Sophie", false, "Je te rappelle demain."))),
        one(1, "Hugo Lemaire, Nadia Verhaeghe", &[3, 4], Some(latest("Camille", true, "Merci à vous deux."))),
        one(2, "Hugo Lemaire", &[4], None),
    ]);
    let long = stage.kind == Kind::Long;
    Conversations { rows, has_newer: long, older: long.then(|| "1.2".to_owned()) }
}

pub(super) fn samples(stage: &Stage) -> Vec<Sample> {
    let page = |beginning| ConversationsPage {
        shell: stage.shell(&stage.text.get("conversations-title"), Current::Conversations),
        conversations: some(stage),
        beginning,
        now: now(),
    };
    let beginning = Beginning {
        faults: stage.kind.faults(&["person"]),
        people: stage.kind.list(&[stage.sophie(), stage.nadia(), stage.hugo()]),
        chosen: vec![camille(), id(2)],
        who: stage.kind.words("arr"),
    };
    vec![stage.print("conversations", &page(None)), stage.print("conversation-new", &page(Some(beginning)))]
}
