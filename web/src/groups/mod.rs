//! Groups: the navigation's section, the list, the page of one and its members.

mod views;

use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;
use words::{Access, GroupId, PersonId, Role, StreamId};

pub use views::{GroupFormPage, GroupPage, GroupsPage, MembersPage};

use crate::{page::etag, territories::TerritoryLabel};

/// A group as a member sees it. Serialised, it is the group of the API.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Group {
    /// Its id.
    pub id: GroupId,
    /// Its short address.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub purpose: String,
    /// How one enters it.
    pub access: Access,
    /// Whether it shows what the pages say of themselves that its messages lead to.
    pub link_previews: bool,
    /// Who animates it.
    pub animators: Vec<PersonName>,
    /// The reader's role; null for a stranger, who sees nothing below.
    pub role: Option<Role>,
    /// Its log of events.
    #[serde(flatten)]
    pub log: Option<Log>,
}

impl Group {
    /// What its form shows, in short.
    pub fn etag(&self) -> String {
        etag(&[&self.name, &self.purpose, self.access.as_str(), if self.link_previews { "previews" } else { "" }])
    }
}

/// Where a log stands: what a client subscribes from.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct Log {
    /// The stream.
    pub stream: StreamId,
    /// Its last sequence, read with the content.
    pub seq: i64,
    /// The instance's epoch.
    pub epoch: Uuid,
}

/// A person by name.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct PersonName {
    /// The person.
    pub id: PersonId,
    /// Their name.
    pub name: String,
}

/// A member of a group. Serialised, it is the member of the API and the `data` of `member.*`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Member {
    /// The person.
    pub user: MemberPerson,
    /// Their role; null once removed.
    pub role: Option<Role>,
}

/// The person of a membership.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct MemberPerson {
    /// The person.
    pub id: PersonId,
    /// Their name.
    pub name: String,
    /// The territory of their present post.
    pub territory: Option<TerritoryLabel>,
}

impl MemberPerson {
    /// The letters of their avatar.
    pub fn initials(&self) -> String {
        crate::people::initials(&self.name)
    }
}
