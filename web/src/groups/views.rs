//! The pages of groups.

use askama::Template;
use words::{Access, Role};

use super::{Group, Member, PersonName};
use crate::{
    channels::Channel,
    page::{Faults, Shell},
};

/// The groups that one has, and those that one may join.
#[derive(Debug, Template)]
#[template(path = "groups/list.html")]
pub struct GroupsPage {
    /// The shell.
    pub shell: Shell,
    /// What was refused.
    pub faults: Faults,
    /// The groups.
    pub groups: Vec<Group>,
    /// Whether the reader may make one.
    pub may_create: bool,
    /// What was typed for a new one.
    pub name: String,
    /// What was typed for its purpose.
    pub purpose: String,
}

/// A group's page.
#[derive(Debug, Template)]
#[template(path = "groups/page.html")]
pub struct GroupPage {
    /// The shell.
    pub shell: Shell,
    /// What was refused.
    pub faults: Faults,
    /// The group.
    pub group: Group,
    /// Its channels; none for a stranger.
    pub channels: Vec<Channel>,
    /// How many members it has.
    pub members: i64,
    /// Whether the reader asked to join, and waits.
    pub requested: bool,
    /// What was typed for a new channel.
    pub name: String,
    /// What was typed for its purpose.
    pub purpose: String,
}

/// The form in which a group is changed.
#[derive(Debug, Template)]
#[template(path = "groups/form.html")]
pub struct GroupFormPage {
    /// The shell, with the page's heading for its title.
    pub shell: Shell,
    /// What was refused.
    pub faults: Faults,
    /// The group.
    pub group: Group,
    /// Its name, as typed.
    pub name: String,
    /// Its purpose, as typed.
    pub purpose: String,
    /// How one enters it.
    pub access: Access,
    /// Whether it shows previews of links.
    pub link_previews: bool,
}

/// A group's members.
#[derive(Debug, Template)]
#[template(path = "groups/members.html")]
pub struct MembersPage {
    /// The shell.
    pub shell: Shell,
    /// What was refused.
    pub faults: Faults,
    /// The group.
    pub group: Group,
    /// Its members.
    pub members: Vec<Member>,
    /// Who asks to join; animators only.
    pub requests: Vec<PersonName>,
    /// What was typed to invite.
    pub email: String,
}

impl MembersPage {
    fn is_reader(&self, member: &Member) -> bool {
        self.shell.reader() == Some(&member.user.id)
    }
}
