//! The SQL of groups.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;
use web::{
    groups::{Group, Log, Member, MemberPerson, PersonName},
    people::Author,
    territories::TerritoryLabel,
};
use words::{Access, GroupId, PersonId, Post, Role};

use super::{JoinRequest, NewGroup, Waiting};
use crate::error::Result;

pub(super) async fn insert(
    connection: &mut PgConnection,
    id: GroupId,
    new: &NewGroup,
    creator: PersonId,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!("insert into streams (id, kind) values ($1, 'group')", id.0).execute(&mut *connection).await?;
    sqlx::query!(
        "insert into groups (id, slug, name, purpose, access, created_by, created_at) values ($1, $2, $3, $4, $5, $6, $7)",
        id.0,
        new.slug,
        new.name,
        new.purpose,
        new.access.as_str(),
        creator.0,
        now,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Makes the group of a conversation; nothing if it is there. Its name is never shown.
pub(super) async fn insert_conversation(
    connection: &mut PgConnection,
    id: GroupId,
    creator: PersonId,
    now: DateTime<Utc>,
) -> Result<bool> {
    sqlx::query!("insert into streams (id, kind) values ($1, 'group') on conflict do nothing", id.0)
        .execute(&mut *connection)
        .await?;
    let inserted = sqlx::query!(
        "insert into groups (id, slug, name, purpose, access, kind, created_by, created_at)
         values ($1, $1::uuid::text, $1::uuid::text, '', 'invite', 'conversation', $2, $3)
         on conflict do nothing",
        id.0,
        creator.0,
        now,
    )
    .execute(connection)
    .await?;
    Ok(inserted.rows_affected() > 0)
}

pub(super) async fn id_of(connection: &mut PgConnection, address: &str) -> Result<Option<GroupId>> {
    let id = address.parse::<Uuid>().ok();
    Ok(sqlx::query_scalar!(r#"select id as "id: GroupId" from groups where id = $1 or slug = $2"#, id, address)
        .fetch_optional(connection)
        .await?)
}

/// The groups that a person may see, or the one asked for; without a person, as all of its members see it alike. The log
/// is the members' only.
pub(super) async fn visible(
    connection: &mut PgConnection,
    person: Option<PersonId>,
    only: Option<GroupId>,
) -> Result<Vec<Group>> {
    let rows = sqlx::query!(
        r#"select
             groups.id as "id: GroupId", slug, name, purpose, access as "access: Access",
             members.role as "role?: Role", streams.last_seq, link_previews_from is not null as "link_previews!",
             array(
               select people.id
               from members animators join people on people.id = animators.person_id
               where animators.group_id = groups.id and animators.ended_seq is null and animators.role = 'animator'
               order by people.name, people.id) as "animator_ids!: Vec<PersonId>",
             array(
               select people.name
               from members animators join people on people.id = animators.person_id
               where animators.group_id = groups.id and animators.ended_seq is null and animators.role = 'animator'
               order by people.name, people.id) as "animator_names!"
           from groups
           join streams on streams.id = groups.id
           left join members on members.group_id = groups.id and members.person_id = $1 and members.ended_seq is null
           where groups.kind = 'thematic' and ($2::uuid is null or groups.id = $2)
             and ($1::uuid is null or members.role is not null or access <> 'invite')
           order by members.role is null, groups.created_at, groups.id"#,
        person.map(|person| person.0),
        only.map(|group| group.0),
    )
    .fetch_all(connection)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Group {
            id: row.id,
            slug: row.slug,
            name: row.name,
            purpose: row.purpose,
            access: row.access,
            link_previews: row.link_previews,
            animators: row
                .animator_ids
                .into_iter()
                .zip(row.animator_names)
                .map(|(id, name)| PersonName { id, name })
                .collect(),
            role: row.role,
            log: row.role.map(|_| Log { stream: row.id.into(), seq: row.last_seq, epoch: Uuid::nil() }),
        })
        .collect())
}

pub(super) async fn role(connection: &mut PgConnection, group: GroupId, person: PersonId) -> Result<Option<Role>> {
    Ok(sqlx::query_scalar!(
        r#"select role as "role: Role"
           from members
           where group_id = $1 and person_id = $2 and ended_seq is null"#,
        group.0,
        person.0,
    )
    .fetch_optional(connection)
    .await?)
}

/// The groups of a person, in the order in which they are locked.
pub(super) async fn of_person(connection: &mut PgConnection, person: PersonId) -> Result<Vec<GroupId>> {
    Ok(sqlx::query_scalar!(
        r#"select group_id as "id: GroupId" from members where person_id = $1 and ended_seq is null order by group_id"#,
        person.0
    )
    .fetch_all(connection)
    .await?)
}

pub(super) async fn memberships_began(
    connection: &mut PgConnection,
    group: GroupId,
    people: &[PersonId],
) -> Result<HashMap<PersonId, i64>> {
    let people: Vec<_> = people.iter().map(|person| person.0).collect();
    let rows = sqlx::query!(
        r#"select person_id as "person_id: PersonId", began_seq
           from members
           where group_id = $1 and person_id = any($2) and ended_seq is null"#,
        group.0,
        &people,
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| (row.person_id, row.began_seq)).collect())
}

pub(super) async fn access(connection: &mut PgConnection, group: GroupId) -> Result<Option<Access>> {
    Ok(sqlx::query_scalar!(r#"select access as "access: Access" from groups where id = $1"#, group.0)
        .fetch_optional(connection)
        .await?)
}

pub(super) async fn other_animators(connection: &mut PgConnection, group: GroupId, person: PersonId) -> Result<i64> {
    Ok(sqlx::query_scalar!(
        r#"select count(*) as "others!"
           from members
           where group_id = $1 and person_id <> $2 and role = 'animator' and ended_seq is null"#,
        group.0,
        person.0,
    )
    .fetch_one(connection)
    .await?)
}

pub(super) async fn begin_membership(
    connection: &mut PgConnection,
    id: Uuid,
    group: GroupId,
    person: PersonId,
    role: Role,
    seq: i64,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "insert into members (id, group_id, person_id, role, began_seq, began_at) values ($1, $2, $3, $4, $5, $6)",
        id,
        group.0,
        person.0,
        role.as_str(),
        seq,
        now,
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!("delete from join_requests where group_id = $1 and person_id = $2", group.0, person.0)
        .execute(connection)
        .await?;
    Ok(())
}

pub(super) async fn end_membership(
    connection: &mut PgConnection,
    group: GroupId,
    person: PersonId,
    seq: i64,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "update members set ended_seq = $3, ended_at = $4 where group_id = $1 and person_id = $2 and ended_seq is null",
        group.0,
        person.0,
        seq,
        now,
    )
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) async fn set_role(
    connection: &mut PgConnection,
    group: GroupId,
    person: PersonId,
    role: Role,
) -> Result<()> {
    sqlx::query!(
        "update members set role = $3 where group_id = $1 and person_id = $2 and ended_seq is null",
        group.0,
        person.0,
        role.as_str(),
    )
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) async fn insert_join_request(
    connection: &mut PgConnection,
    group: GroupId,
    person: PersonId,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "insert into join_requests (group_id, person_id, created_at) values ($1, $2, $3) on conflict do nothing",
        group.0,
        person.0,
        now,
    )
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) async fn join_requests(connection: &mut PgConnection, group: GroupId) -> Result<Vec<JoinRequest>> {
    Ok(sqlx::query_as!(
        JoinRequest,
        "select people.id as person, people.name, join_requests.created_at
         from join_requests join people on people.id = join_requests.person_id
         where group_id = $1
         order by join_requests.created_at, people.id",
        group.0,
    )
    .fetch_all(connection)
    .await?)
}

pub(super) async fn first_animator(connection: &mut PgConnection) -> Result<Option<PersonId>> {
    Ok(sqlx::query_scalar!(
        r#"select person_id as "person: PersonId"
           from members
           join groups on groups.id = members.group_id
           where role = 'animator' and ended_seq is null
           order by groups.created_at, groups.id, members.began_seq
           limit 1"#
    )
    .fetch_optional(connection)
    .await?)
}

pub(super) async fn member_count(connection: &mut PgConnection, group: GroupId) -> Result<i64> {
    Ok(sqlx::query_scalar!(
        r#"select count(*) as "count!" from members where group_id = $1 and ended_seq is null"#,
        group.0
    )
    .fetch_one(connection)
    .await?)
}

/// The present members, or the one asked for.
pub(super) async fn members(
    connection: &mut PgConnection,
    group: GroupId,
    only: Option<PersonId>,
) -> Result<Vec<Member>> {
    let rows = sqlx::query!(
        r#"select
             people.id as "id: PersonId", people.name, members.role as "role: Role",
             territories.code as "code?", territories.name as "territory?", territories.department as "department?"
           from members
           join people on people.id = members.person_id
           left join lateral (
             select territory_id from assignments
             where assignments.person_id = people.id and from_date <= current_date and (to_date is null or to_date >= current_date)
             order by territory_id is null, from_date, id limit 1) post on true
           left join territories on territories.id = post.territory_id
           where group_id = $1 and ended_seq is null and ($2::uuid is null or people.id = $2)
           order by case members.role when 'animator' then 0 when 'member' then 1 else 2 end, people.name, people.id"#,
        group.0,
        only.map(|person| person.0),
    )
    .fetch_all(connection)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Member {
            user: MemberPerson {
                id: row.id,
                name: row.name,
                territory: label(row.code, row.territory, row.department),
            },
            role: Some(row.role),
        })
        .collect())
}

pub(super) async fn member(connection: &mut PgConnection, group: GroupId, person: PersonId) -> Result<Option<Member>> {
    if let Some(member) = members(connection, group, Some(person)).await?.pop() {
        return Ok(Some(member));
    }
    let name =
        sqlx::query_scalar!("select name from people where id = $1", person.0).fetch_optional(connection).await?;
    Ok(name.map(|name| Member { user: MemberPerson { id: person, name, territory: None }, role: None }))
}

fn label(code: Option<String>, name: Option<String>, department: Option<String>) -> Option<TerritoryLabel> {
    Some(TerritoryLabel { code: code?, name: name?, department: department? })
}

pub(super) async fn update(connection: &mut PgConnection, id: GroupId, new: &NewGroup) -> Result<()> {
    sqlx::query!(
        "update groups set
           name = $2, purpose = $3, access = $4,
           link_previews_from = case when $5 then coalesce(link_previews_from, (
             select last_seq from streams where streams.id = groups.id)) end
         where id = $1",
        id.0,
        new.name,
        new.purpose,
        new.access.as_str(),
        new.link_previews,
    )
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) async fn has_requested(connection: &mut PgConnection, group: GroupId, person: PersonId) -> Result<bool> {
    Ok(sqlx::query_scalar!(
        r#"select exists (select from join_requests where group_id = $1 and person_id = $2) as "requested!""#,
        group.0,
        person.0,
    )
    .fetch_one(connection)
    .await?)
}

pub(super) async fn waiting(connection: &mut PgConnection, animator: PersonId, limit: i64) -> Result<Vec<Waiting>> {
    Ok(sqlx::query_as!(
        Waiting,
        r#"select people.name, groups.slug, groups.name as "group", join_requests.created_at
           from members
           join join_requests on join_requests.group_id = members.group_id
           join groups on groups.id = members.group_id
           join people on people.id = join_requests.person_id
           where members.person_id = $1 and members.role = 'animator' and ended_seq is null
           order by join_requests.created_at, people.id
           limit $2"#,
        animator.0,
        limit,
    )
    .fetch_all(connection)
    .await?)
}

pub(super) async fn arrivals(
    connection: &mut PgConnection,
    person: PersonId,
    since: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<(Author, DateTime<Utc>)>> {
    let rows = sqlx::query!(
        r#"select
             people.id as "id: PersonId", people.name, min(others.began_at) as "at!", post.role as "post?: Post",
             post.code as "code?", post.territory as "territory?", post.department as "department?"
           from members own
           join groups on groups.id = own.group_id and groups.kind = 'thematic'
           join members others on others.group_id = own.group_id and others.ended_seq is null
           join people on people.id = others.person_id
           left join lateral (
             select assignments.role, territories.code, territories.name as territory, territories.department
             from assignments left join territories on territories.id = assignments.territory_id
             where assignments.person_id = people.id and from_date <= current_date
               and (to_date is null or to_date >= current_date)
             order by territory_id is null, from_date, assignments.id
             limit 1) post on true
           where own.person_id = $1 and own.ended_seq is null and others.person_id <> $1
           group by people.id, people.name, post.role, post.code, post.territory, post.department
           having min(others.began_at) > $2
           order by min(others.began_at) desc, people.id
           limit $3"#,
        person.0,
        since,
        limit,
    )
    .fetch_all(connection)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let territory = row.code.zip(row.territory).zip(row.department);
            let territory = territory.map(|((code, name), department)| TerritoryLabel { code, name, department });
            (Author { id: row.id, name: row.name, territory, post: row.post }, row.at)
        })
        .collect())
}

pub(super) async fn animates_any(connection: &mut PgConnection, person: PersonId) -> Result<bool> {
    Ok(sqlx::query_scalar!(
        r#"select exists (
             select from members where person_id = $1 and role = 'animator' and ended_seq is null) as "animates!""#,
        person.0,
    )
    .fetch_one(connection)
    .await?)
}
