//! What filters speak of: the people, places and territories of which some of the name was typed. Where somebody has
//! exactly that name, the others who have it in theirs are not meant.

use sqlx::PgConnection;
use uuid::Uuid;
use words::PersonId;

use crate::error::Result;

/// How many people, places or territories a filter may mean.
const MOST: i64 = 50;

/// The places that a name means.
#[derive(Clone, Debug, Default)]
pub(in crate::search) struct Places {
    pub(in crate::search) groups: Vec<Uuid>,
    pub(in crate::search) channels: Vec<Uuid>,
    pub(in crate::search) threads: Vec<Uuid>,
    /// The groups that all of these are of.
    pub(in crate::search) within: Vec<Uuid>,
}

pub(in crate::search) async fn authors(connection: &mut PgConnection, name: &str) -> Result<Vec<Uuid>> {
    Ok(sqlx::query_scalar!(
        r#"with named as (
             select id, folded(name) = folded($1) as exactly
             from people
             where strpos(folded(name), folded($1)) > 0 or folded($1) <% folded(name)
           )
           select id from named
           where exactly or not exists (select from named where exactly)
           limit $2"#,
        name,
        MOST,
    )
    .fetch_all(connection)
    .await?)
}

/// Territories by code or name.
pub(in crate::search) async fn territories(connection: &mut PgConnection, name: &str) -> Result<Vec<Uuid>> {
    Ok(sqlx::query_scalar!(
        r#"with named as (
             select id, code = upper($1) or folded(name) = folded($1) as exactly
             from territories
             where code = upper($1) or strpos(folded(name), folded($1)) > 0 or folded($1) <% folded(name)
               or exists (select from unnest(communes) commune where folded(commune) = folded($1))
           )
           select id from named
           where exactly or not exists (select from named where exactly)
           limit $2"#,
        name,
        MOST,
    )
    .fetch_all(connection)
    .await?)
}

/// The posts that were held in territories.
pub(in crate::search) async fn posts(connection: &mut PgConnection, territories: &[Uuid]) -> Result<Vec<Uuid>> {
    Ok(sqlx::query_scalar!("select id from assignments where territory_id = any($1)", territories)
        .fetch_all(connection)
        .await?)
}

/// The asker's groups, channels and threads by name.
pub(in crate::search) async fn places(connection: &mut PgConnection, person: PersonId, name: &str) -> Result<Places> {
    let rows = sqlx::query!(
        r#"with place as (
             select 'group' as kind, groups.id, groups.id as group_id, folded(groups.name) as name
             from groups
             join members on members.group_id = groups.id and person_id = $1 and ended_seq is null
             where groups.kind = 'thematic'
             union all
             select 'channel', channels.id, channels.group_id, folded(channels.name)
             from channels
             join members on members.group_id = channels.group_id and person_id = $1 and ended_seq is null
             union all
             select 'thread', threads.id, threads.group_id, folded(threads.title)
             from threads
             join members on members.group_id = threads.group_id and person_id = $1 and ended_seq is null
             where folded(title) like '%' || replace(replace(folded($2), '%', ''), '_', '') || '%'
               and (not threads.draft or members.role = 'animator')
           ), named as (
             select kind, id, group_id, name = folded($2) as exactly from place where strpos(name, folded($2)) > 0
           )
           select kind as "kind!", id as "id!", group_id as "group_id!" from named
           where exactly or not exists (select from named where exactly)
           limit $3"#,
        person.0,
        name,
        MOST,
    )
    .fetch_all(connection)
    .await?;
    let mut places = Places::default();
    for row in rows {
        match row.kind.as_str() {
            "group" => places.groups.push(row.id),
            "channel" => places.channels.push(row.id),
            _ => places.threads.push(row.id),
        }
        places.within.push(row.group_id);
    }
    places.within.sort_unstable();
    places.within.dedup();
    Ok(places)
}
