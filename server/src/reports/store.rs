//! The SQL of reports.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use web::reports::Report;
use words::{GroupId, MessageId, PersonId, ReportId};

use crate::error::Result;

/// Notes a report; who has one that waits says why anew.
pub(super) async fn upsert(
    connection: &mut PgConnection,
    id: ReportId,
    (message, group, person): (MessageId, GroupId, PersonId),
    reason: &str,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "insert into reports (id, message_id, group_id, person_id, reason, created_at) values ($1, $2, $3, $4, $5, $6)
         on conflict (message_id, person_id) where handled_at is null do update set reason = excluded.reason",
        id.0,
        message.0,
        group.0,
        person.0,
        reason,
        now,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The animators of a group, by ascending id: in the order in which people are locked.
pub(super) async fn animators(connection: &mut PgConnection, group: GroupId) -> Result<Vec<PersonId>> {
    Ok(sqlx::query_scalar!(
        r#"select person_id as "person: PersonId" from members
           where group_id = $1 and role = 'animator' and ended_seq is null
           order by person_id"#,
        group.0,
    )
    .fetch_all(connection)
    .await?)
}

/// The reports that wait, of messages that say something still, in groups that this person animates.
pub(super) async fn open(
    connection: &mut PgConnection,
    group: Option<GroupId>,
    animator: PersonId,
    limit: i64,
) -> Result<Vec<Report>> {
    Ok(sqlx::query_as!(
        Report,
        r#"select
             reports.id as "id: ReportId", reports.message_id as "message: MessageId", reports.reason,
             reporter.name as reporter, author.name as author, left(messages.body, 400) as "body!",
             groups.slug, groups.name as group_name, reports.created_at
           from reports
           join members on members.group_id = reports.group_id and members.person_id = $2 and members.ended_seq is null
             and members.role = 'animator'
           join groups on groups.id = reports.group_id
           join messages on messages.id = reports.message_id and messages.deleted_at is null
           join people reporter on reporter.id = reports.person_id
           join people author on author.id = messages.author_id
           where ($1::uuid is null or reports.group_id = $1) and handled_at is null
           order by reports.created_at, reports.id
           limit $3"#,
        group.map(|group| group.0),
        animator.0,
        limit,
    )
    .fetch_all(connection)
    .await?)
}

/// Whether there was such a report that waited.
pub(super) async fn handle(
    connection: &mut PgConnection,
    group: GroupId,
    report: ReportId,
    person: PersonId,
    now: DateTime<Utc>,
) -> Result<bool> {
    let handled = sqlx::query!(
        "update reports set handled_at = $4, handled_by = $3
         where id = $1 and group_id = $2 and handled_at is null",
        report.0,
        group.0,
        person.0,
        now,
    )
    .execute(connection)
    .await?;
    Ok(handled.rows_affected() > 0)
}

pub(super) async fn group_of(connection: &mut PgConnection, report: ReportId) -> Result<Option<GroupId>> {
    Ok(sqlx::query_scalar!(r#"select group_id as "group: GroupId" from reports where id = $1"#, report.0)
        .fetch_optional(connection)
        .await?)
}
