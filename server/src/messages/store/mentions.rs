//! Who and what messages name.

use sqlx::PgConnection;
use words::{GroupId, MentionKind, MessageId};

use crate::{
    error::Result,
    messages::mentions::{Mention, Nameable},
};

/// The members and channels of a group, and the territories, whose name one of these texts begins with.
pub(in crate::messages) async fn nameable(
    connection: &mut PgConnection,
    group: GroupId,
    said: &[String],
) -> Result<Vec<Nameable>> {
    Ok(sqlx::query_as!(
        Nameable,
        r#"with said as (select unnest($2::text[]) as text)
           select 'person' as "kind!: MentionKind", people.id as "subject!", people.name as "name!", null as code
           from members join people on people.id = members.person_id
           where members.group_id = $1 and members.ended_seq is null
             and exists (select from said where starts_with(said.text, lower(people.name)))
           union all
           select 'channel', channels.id, channels.name, null
           from channels
           where channels.group_id = $1 and channels.archived_at is null
             and exists (select from said where starts_with(said.text, lower(channels.name)))
           union all
           select 'territory', territories.id, territories.name, territories.code
           from territories
           where exists (
             select from said
             where starts_with(said.text, lower(territories.name)) or starts_with(said.text, lower(territories.code)))"#,
        group.0,
        said,
    )
    .fetch_all(connection)
    .await?)
}

/// Notes what messages name; what is noted already stays.
pub(in crate::messages) async fn insert_mentions(
    connection: &mut PgConnection,
    mentions: &[(MessageId, Mention)],
) -> Result<()> {
    let messages: Vec<_> = mentions.iter().map(|(message, _)| message.0).collect();
    let kinds: Vec<_> = mentions.iter().map(|(_, mention)| mention.kind.as_str().to_owned()).collect();
    let subjects: Vec<_> = mentions.iter().map(|(_, mention)| mention.subject).collect();
    sqlx::query!(
        "insert into mentions (message_id, kind, subject_id)
         select * from unnest($1::uuid[], $2::text[], $3::uuid[])
         on conflict do nothing",
        &messages,
        &kinds,
        &subjects,
    )
    .execute(connection)
    .await?;
    Ok(())
}
