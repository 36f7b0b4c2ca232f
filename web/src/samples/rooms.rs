//! Groups and their members.

use words::{Access, Role};

use super::{Kind, Sample, Stage, camille, id};
use crate::{
    channels::{Channel, ChannelFormPage},
    groups::{Group, GroupFormPage, GroupPage, GroupsPage, Member, MemberPerson, MembersPage, PersonName},
    page::Current,
    people::Author,
};

pub(super) fn samples(stage: &Stage) -> Vec<Sample> {
    vec![
        list(stage),
        group(stage, Some(Role::Animator)),
        group(stage, None),
        members(stage),
        group_form(stage),
        channel_form(stage, false),
        channel_form(stage, true),
    ]
}

fn sample(stage: &Stage, number: u128, name: &str, access: Access, role: Option<Role>) -> Group {
    Group {
        id: id(number),
        slug: "reseau".to_owned(),
        name: stage.kind.name(name),
        purpose: stage.kind.words("Ce que les cités éducatives de la région font ensemble."),
        access,
        link_previews: stage.kind == Kind::Long,
        animators: stage.kind.list(&[PersonName { id: id(5), name: stage.kind.name("Inès Lefebvre") }]),
        role,
        log: None,
    }
}

/// The group that most pages are about.
pub(super) fn group_of(stage: &Stage, role: Option<Role>) -> Group {
    sample(stage, 11, "Réseau CPO Hauts-de-France", Access::Open, role)
}

pub(super) fn channel(stage: &Stage, number: u128, name: &str, purpose: &str) -> Channel {
    Channel {
        id: id(number),
        group: id(11),
        name: stage.kind.name(name),
        purpose: stage.kind.words(purpose),
        archived_at: None,
    }
}

fn list(stage: &Stage) -> Sample {
    let groups = [
        sample(stage, 11, "Réseau CPO Hauts-de-France", Access::Open, Some(Role::Member)),
        sample(stage, 12, "Nouveaux arrivants", Access::Open, None),
        sample(stage, 13, "Évaluateurs", Access::Request, None),
    ];
    let page = GroupsPage {
        shell: stage.shell(&stage.text.get("groups-title"), Current::Groups),
        faults: stage.kind.faults(&["name"]),
        groups: stage.kind.list(&groups),
        may_create: stage.kind != Kind::Empty,
        name: String::new(),
        purpose: String::new(),
    };
    stage.print("groups", &page)
}

fn group(stage: &Stage, role: Option<Role>) -> Sample {
    let group = sample(stage, 11, "Réseau CPO Hauts-de-France", Access::Request, role);
    let channels = [
        channel(stage, 21, "Évaluation", "Protocoles, prestataires, données, renouvellement."),
        channel(stage, 22, "Parentalité", "Aller vers les parents éloignés de l’école."),
    ];
    let page = GroupPage {
        shell: stage.shell(&group.name, Current::Groups),
        faults: stage.kind.faults(&["name", "purpose"]),
        group,
        channels: if role.is_some() { stage.kind.list(&channels) } else { Vec::new() },
        members: stage.kind.number(23),
        requested: stage.kind == Kind::Long,
        name: String::new(),
        purpose: String::new(),
    };
    stage.print(if role.is_some() { "group" } else { "group-stranger" }, &page)
}

fn members(stage: &Stage) -> Sample {
    let member = |author: Author, role| Member {
        user: MemberPerson { id: author.id, name: author.name, territory: author.territory },
        role: Some(role),
    };
    let camille = MemberPerson { id: camille(), name: stage.kind.name("Camille Delattre"), territory: None };
    let members = [
        Member { user: camille, role: Some(Role::Animator) },
        member(stage.sophie(), Role::Member),
        member(stage.nadia(), Role::Member),
        member(stage.hugo(), Role::Guest),
    ];
    let page = MembersPage {
        shell: stage.shell(&stage.text.get("members-title"), Current::Groups),
        faults: stage.kind.faults(&["email"]),
        group: sample(stage, 11, "Réseau CPO Hauts-de-France", Access::Open, Some(Role::Animator)),
        members: stage.kind.list(&members),
        requests: stage.kind.list(&[PersonName { id: id(6), name: stage.kind.name("Karim Haddad") }]),
        email: String::new(),
    };
    stage.print("group-members", &page)
}

fn group_form(stage: &Stage) -> Sample {
    let group = group_of(stage, Some(Role::Animator));
    let page = GroupFormPage {
        shell: stage.shell(&stage.text.name("group-edit", &group.name), Current::Groups),
        faults: stage.kind.faults(&["name", "purpose"]),
        name: group.name.clone(),
        purpose: group.purpose.clone(),
        access: group.access,
        link_previews: group.link_previews,
        group,
    };
    stage.print("group-edit", &page)
}

fn channel_form(stage: &Stage, archived: bool) -> Sample {
    let channel = channel(stage, 21, "Évaluation", "Protocoles, prestataires, données, renouvellement.");
    let page = ChannelFormPage {
        shell: stage.shell(&stage.text.name("channel-edit", &channel.name), Current::Channel(channel.id)),
        faults: stage.kind.faults(&["name", "purpose"]),
        name: channel.name.clone(),
        purpose: channel.purpose.clone(),
        channel: Channel { archived_at: archived.then(super::now), ..channel },
    };
    stage.print(if archived { "channel-archived" } else { "channel-edit" }, &page)
}
