//! Groups: the one membership boundary. What is in a group is visible to its present members and to nobody else.
//!
//! Who may do what: whoever an administrator allows makes one and animates it; animators invite, accept, change roles
//! and remove; members read and write; guests read, and answer in threads that exist. Everybody signed in sees the name,
//! purpose, access and animators of open groups and of groups on request; all else is the same 404 as nothing.
//!
//! Events: `group.*`, `member.*`, and `group.joined|left` on the person's own stream. Tables: `groups`, `members`,
//! `join_requests`.
//!
//! Surprises: a conversation is a group too, whose people are its guests: they read, answer, and begin nothing else. It
//! is in no list of groups, and nobody animates it. A membership is an interval of the group's stream, both ends included. A change locks the group's stream,
//! then the person's.

mod access;
pub mod http;
mod store;

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;
use web::{
    groups::{Group, Member},
    people::Author,
};
use words::{Access, Event, GroupId, PersonId, Role, StreamId};

pub use access::{MayAnimate, MayRead, MayWrite};
pub use access::{may_animate, may_read, may_read_as, may_write};

use crate::{
    characters::{holds_hidden, plain},
    db::Tx,
    error::{Error, Result},
    http::Viewer,
    people,
};

/// What the ids of conversations are made under.
const CONVERSATIONS: Uuid = Uuid::from_u128(0x8f5b_2a61_0c4d_4e93_9a57_6d1e_33b0_72c4);
/// How many people who wait are told of at once.
const WAITING: i64 = 20;

/// A group to be.
#[derive(Clone, Debug)]
pub struct NewGroup {
    slug: String,
    name: String,
    purpose: String,
    access: Access,
    link_previews: bool,
}

/// What came of asking to join.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Joining {
    /// The asker is a member now.
    Joined,
    /// The asker was one already.
    Already,
    /// An animator must say yes.
    Requested,
}

/// Somebody who asks to join.
#[derive(Clone, Debug)]
pub struct JoinRequest {
    /// Who.
    pub person: PersonId,
    /// Their name.
    pub name: String,
    /// Since when.
    pub created_at: DateTime<Utc>,
}

/// Somebody who waits to be let into a group.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// Their name.
    pub name: String,
    /// The group's short address.
    pub slug: String,
    /// The group's name.
    pub group: String,
    /// Since when.
    pub created_at: DateTime<Utc>,
}

impl NewGroup {
    /// Checks a name, a purpose and a short address; without the last it is made of the name.
    pub fn checked(name: &str, slug: Option<&str>, purpose: &str, access: Access) -> Result<Self> {
        let (name, purpose) = (name.trim(), plain("purpose", purpose)?);
        if name.is_empty() {
            return Err(Error::field("name", "required"));
        }
        if name.chars().count() > 120 {
            return Err(Error::field("name", "too_long"));
        }
        if holds_hidden(name) {
            return Err(Error::field("name", "malformed"));
        }
        if purpose.chars().count() > 500 {
            return Err(Error::field("purpose", "too_long"));
        }
        let slug = match slug.map(str::trim).filter(|slug| !slug.is_empty()) {
            Some(slug) if is_slug(slug) => slug.to_owned(),
            Some(_) => return Err(Error::field("slug", "malformed")),
            None => slug_of(name),
        };
        Ok(Self { slug, name: name.to_owned(), purpose, access, link_previews: false })
    }

    /// The same, and whether it shows what the pages say of themselves that its messages lead to: not by itself.
    #[must_use]
    pub fn showing_links(self, link_previews: bool) -> Self {
        Self { link_previews, ..self }
    }
}

/// Whether the viewer animates a group.
pub async fn animates_any(connection: &mut PgConnection, viewer: &Viewer) -> Result<bool> {
    store::animates_any(connection, viewer.id).await
}

/// Makes a group; its maker animates it. Platform administrators only, for now.
pub async fn create(tx: &mut Tx, viewer: &Viewer, new: &NewGroup) -> Result<GroupId> {
    if !viewer.admin {
        return Err(Error::Forbidden);
    }
    let (id, now) = (tx.fresh(), tx.now());
    match store::insert(tx.connection(), id, new, viewer.id, now).await {
        Err(error) if error.constraint() == Some("groups_slug_key") => return Err(Error::field("slug", "taken")),
        other => other?,
    }
    enter(tx, id, viewer.id, Role::Animator, viewer.id).await?;
    Ok(id)
}

/// The group of a conversation between the viewer and others: made if there was none. The same people have one, whose id
/// is made of theirs; who had left it is in it again when they begin it themselves.
pub async fn begin_conversation(tx: &mut Tx, viewer: &Viewer, others: &[PersonId]) -> Result<MayRead> {
    let mut people = others.to_vec();
    people.push(viewer.id);
    people.sort_unstable();
    people.dedup();
    let bytes: Vec<u8> = people.iter().flat_map(|person| person.0.into_bytes()).collect();
    let (id, now) = (GroupId(Uuid::new_v5(&CONVERSATIONS, &bytes)), tx.now());
    let is_new = store::insert_conversation(tx.connection(), id, viewer.id, now).await?;
    tx.lock(id.into()).await?;
    people.retain(|&person| is_new || person == viewer.id);
    for person in people {
        tx.lock(person.into()).await?;
        if store::role(tx.connection(), id, person).await?.is_none() {
            enter(tx, id, person, Role::Guest, viewer.id).await?;
        }
    }
    may_read(tx.connection(), viewer, id).await
}

/// Changes a group's name, purpose, way in, and whether it shows previews of links. Its short address stays: links lead to
/// it. Who waits at a door that opens is let in.
pub async fn change(tx: &mut Tx, may: &MayAnimate, new: &NewGroup) -> Result<()> {
    tx.lock(may.group().into()).await?;
    may.recheck(tx.connection()).await?;
    store::update(tx.connection(), may.group(), new).await?;
    tx.record(Event::GroupUpdated { group: may.group() }, Some(may.person())).await?;
    if new.access == Access::Open {
        let mut waiting = store::join_requests(tx.connection(), may.group()).await?;
        // In one order everywhere, so that two such changes cannot wait for each other.
        waiting.sort_by_key(|asked| asked.person);
        for asked in waiting {
            tx.lock(asked.person.into()).await?;
            enter(tx, may.group(), asked.person, Role::Member, asked.person).await?;
        }
    }
    Ok(())
}

/// Whether the viewer asked to join a group, and waits.
pub async fn has_requested(connection: &mut PgConnection, viewer: &Viewer, group: GroupId) -> Result<bool> {
    store::has_requested(connection, group, viewer.id).await
}

/// The groups that a person may know of: their own, then those that one may join.
pub async fn list(connection: &mut PgConnection, viewer: &Viewer) -> Result<Vec<Group>> {
    store::visible(connection, Some(viewer.id), None).await
}

/// One group as the viewer may see it, by id or short address.
pub async fn find(connection: &mut PgConnection, viewer: &Viewer, address: &str) -> Result<Group> {
    let id = store::id_of(connection, address).await?.ok_or(Error::NotFound)?;
    store::visible(connection, Some(viewer.id), Some(id)).await?.pop().ok_or(Error::NotFound)
}

/// A group as it is now, the same for all of its members, for the fan-out.
pub async fn rendered(connection: &mut PgConnection, group: GroupId) -> Result<Option<Group>> {
    Ok(store::visible(connection, None, Some(group)).await?.pop())
}

/// The present members, animators first.
pub async fn members(connection: &mut PgConnection, may: &MayRead) -> Result<Vec<Member>> {
    store::members(connection, may.group(), None).await
}

/// One person's membership as it is now; without a role if they are no member, and none if there is no such person.
pub async fn member(connection: &mut PgConnection, group: GroupId, person: PersonId) -> Result<Option<Member>> {
    store::member(connection, group, person).await
}

/// The animator of the oldest group.
pub async fn first_animator(connection: &mut PgConnection) -> Result<Option<PersonId>> {
    store::first_animator(connection).await
}

/// How many members a group has.
pub async fn member_count(connection: &mut PgConnection, may: &MayRead) -> Result<i64> {
    store::member_count(connection, may.group()).await
}

/// Those who ask to join.
pub async fn join_requests(connection: &mut PgConnection, may: &MayAnimate) -> Result<Vec<JoinRequest>> {
    store::join_requests(connection, may.group()).await
}

/// Those who wait to be let into a group that the viewer animates, the longest waiting first.
pub async fn waiting(connection: &mut PgConnection, viewer: &Viewer) -> Result<Vec<Waiting>> {
    store::waiting(connection, viewer.id, WAITING).await
}

/// Who else came into the viewer's groups since then, the last first: once each, with when.
pub async fn arrivals(
    connection: &mut PgConnection,
    viewer: &Viewer,
    since: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<(Author, DateTime<Utc>)>> {
    store::arrivals(connection, viewer.id, since, limit).await
}

/// Asks to join: an open group takes the asker at once, a group on request notes it, another does not exist.
pub async fn join(tx: &mut Tx, viewer: &Viewer, group: GroupId) -> Result<Joining> {
    lock(tx, group, viewer.id).await?;
    if store::role(tx.connection(), group, viewer.id).await?.is_some() {
        return Ok(Joining::Already);
    }
    match store::access(tx.connection(), group).await? {
        Some(Access::Open) => {
            enter(tx, group, viewer.id, Role::Member, viewer.id).await?;
            Ok(Joining::Joined)
        }
        Some(Access::Request) => {
            let now = tx.now();
            store::insert_join_request(tx.connection(), group, viewer.id, now).await?;
            Ok(Joining::Requested)
        }
        Some(Access::Invite) | None => Err(Error::NotFound),
    }
}

/// Makes a person a member, or changes the role of one.
pub async fn add(tx: &mut Tx, may: &MayAnimate, person: PersonId, role: Role) -> Result<()> {
    let group = may.group();
    lock(tx, group, person).await?;
    may.recheck(tx.connection()).await?;
    match store::role(tx.connection(), group, person).await? {
        Some(held) if held == role => Ok(()),
        Some(Role::Animator) if store::other_animators(tx.connection(), group, person).await? == 0 => {
            Err(Error::Conflict("last_animator"))
        }
        Some(_) => {
            store::set_role(tx.connection(), group, person, role).await?;
            // Whoever holds the address of one's subscription does not gain the new rights with it (ASVS V7).
            people::end_feed(tx, person).await?;
            tx.record(Event::MemberChanged { group, person }, Some(may.person())).await?;
            Ok(())
        }
        None => enter(tx, group, person, role, may.person()).await,
    }
}

/// Tells a person's groups that they are called otherwise, but for those that they have just left.
pub async fn tell_renamed(tx: &mut Tx, person: PersonId) -> Result<()> {
    for group in store::of_person(tx.connection(), person).await? {
        tx.lock(group.into()).await?;
        if store::role(tx.connection(), group, person).await?.is_some() {
            tx.record(Event::MemberChanged { group, person }, Some(person)).await?;
        }
    }
    Ok(())
}

/// Ends a membership: an animator's doing, or one's own. The last animator stays.
pub async fn remove(tx: &mut Tx, viewer: &Viewer, group: GroupId, person: PersonId) -> Result<()> {
    lock(tx, group, person).await?;
    if viewer.id == person {
        may_read(tx.connection(), viewer, group).await?;
    } else {
        may_animate(tx.connection(), viewer, group).await?;
    }
    let role = store::role(tx.connection(), group, person).await?.ok_or(Error::NotFound)?;
    if role == Role::Animator && store::other_animators(tx.connection(), group, person).await? == 0 {
        return Err(Error::Conflict("last_animator"));
    }
    let seq = tx.record(Event::MemberRemoved { group, person }, Some(viewer.id)).await?;
    let now = tx.now();
    store::end_membership(tx.connection(), group, person, seq, now).await?;
    tx.record(Event::GroupLeft { person, group }, Some(viewer.id)).await?;
    Ok(())
}

/// From which sequence each of these people may follow a stream: their own from the start, a group's from where their
/// present membership began. Who may not is left out.
pub async fn may_follow(
    connection: &mut PgConnection,
    stream: StreamId,
    people: &[PersonId],
) -> Result<HashMap<PersonId, i64>> {
    let mut began = store::memberships_began(connection, GroupId(stream.0), people).await?;
    began.extend(people.iter().filter(|&&person| stream == person.into()).map(|&person| (person, 0)));
    Ok(began)
}

/// The group's row is locked first, then the person's, so that two changes cannot wait for each other.
async fn lock(tx: &mut Tx, group: GroupId, person: PersonId) -> Result<()> {
    tx.lock(group.into()).await?;
    tx.lock(person.into()).await?;
    Ok(())
}

async fn enter(tx: &mut Tx, group: GroupId, person: PersonId, role: Role, actor: PersonId) -> Result<()> {
    let seq = tx.record(Event::MemberAdded { group, person }, Some(actor)).await?;
    let (membership, now) = (tx.fresh(), tx.now());
    store::begin_membership(tx.connection(), membership, group, person, role, seq, now).await?;
    tx.record(Event::GroupJoined { person, group }, Some(actor)).await?;
    Ok(())
}

fn is_slug(slug: &str) -> bool {
    slug.len() <= 80
        && slug
            .split('-')
            .all(|word| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()))
}

/// A short address made of a name: its letters folded to ASCII, its words joined by hyphens.
fn slug_of(name: &str) -> String {
    let folded: String = name
        .to_lowercase()
        .chars()
        .map(|c| match c {
            'à' | 'â' | 'ä' => 'a',
            'ç' => 'c',
            'é' | 'è' | 'ê' | 'ë' => 'e',
            'î' | 'ï' => 'i',
            'ô' | 'ö' | 'œ' => 'o',
            'ù' | 'û' | 'ü' => 'u',
            c if c.is_ascii_alphanumeric() => c,
            _ => ' ',
        })
        .collect();
    let slug = folded.split_whitespace().collect::<Vec<_>>().join("-");
    let slug: String = slug.chars().take(60).collect();
    match slug.trim_matches('-') {
        "" => format!("groupe-{}", &GroupId::fresh().to_string()[24..]),
        slug => slug.to_owned(),
    }
}
