//! The SQL of territories.

use std::collections::HashMap;

use chrono::NaiveDate;
use sqlx::PgConnection;
use uuid::Uuid;
use web::territories::{PostHeld, Territory, TerritoryLabel};
use words::{PersonId, Post, TerritoryId};

use super::NewTerritory;
use crate::error::Result;

pub(super) async fn insert(connection: &mut PgConnection, id: TerritoryId, new: &NewTerritory) -> Result<()> {
    sqlx::query!(
        "insert into territories
           (id, code, name, communes, insee, department, department_name, quarters, latitude, longitude)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        id.0,
        new.code,
        new.name,
        &new.communes,
        &new.insee,
        new.department,
        new.department_name,
        new.quarters,
        new.latitude,
        new.longitude,
    )
    .execute(&mut *connection)
    .await?;
    if let Some(since) = new.label_since {
        sqlx::query!("insert into label_periods (territory_id, from_year) values ($1, $2)", id.0, since)
            .execute(connection)
            .await?;
    }
    Ok(())
}

pub(super) async fn insert_assignment(
    connection: &mut PgConnection,
    id: Uuid,
    person: PersonId,
    territory: Option<TerritoryId>,
    post: Post,
    from: NaiveDate,
    to: Option<NaiveDate>,
) -> Result<()> {
    sqlx::query!(
        "insert into assignments (id, person_id, territory_id, role, from_date, to_date)
         values ($1, $2, $3, $4, $5, $6)",
        id,
        person.0,
        territory.map(|territory| territory.0),
        post.as_str(),
        from,
        to,
    )
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) async fn list(connection: &mut PgConnection) -> Result<Vec<Territory>> {
    let rows = sqlx::query!(
        "select code, name, communes, department, department_name, quarters,
           (select min(from_year) from label_periods where territory_id = territories.id) as label_since
         from territories
         order by department_name collate \"fr-x-icu\", name collate \"fr-x-icu\""
    )
    .fetch_all(&mut *connection)
    .await?;
    let mut people: HashMap<String, Vec<PostHeld>> = HashMap::new();
    for post in present(connection).await? {
        let code = post.territory.as_ref().map(|territory| territory.code.clone()).unwrap_or_default();
        people.entry(code).or_default().push(post);
    }
    Ok(rows
        .into_iter()
        .map(|row| Territory {
            people: people.remove(&row.code).unwrap_or_default(),
            label: TerritoryLabel { code: row.code, name: row.name, department: row.department },
            communes: row.communes,
            department_name: row.department_name,
            quarters: row.quarters,
            label_since: row.label_since,
        })
        .collect())
}

async fn present(connection: &mut PgConnection) -> Result<Vec<PostHeld>> {
    let mut held = held(connection, None, None, false).await?;
    held.retain(|post| post.to.is_none() && post.territory.is_some());
    Ok(held)
}

pub(super) async fn name_of(connection: &mut PgConnection, person: PersonId) -> Result<Option<String>> {
    Ok(sqlx::query_scalar!("select name from people where id = $1 and disabled_at is null", person.0)
        .fetch_optional(connection)
        .await?)
}

/// Posts of a territory, of a person, or all; a post that is over has its last day, one that is held has none.
pub(super) async fn held(
    connection: &mut PgConnection,
    code: Option<&str>,
    person: Option<PersonId>,
    only_network: bool,
) -> Result<Vec<PostHeld>> {
    let rows = sqlx::query!(
        r#"select
             people.id as "person: PersonId", people.name, assignments.role as "post: Post", from_date,
             case when to_date < current_date then to_date end as to_date,
             territories.code as "code?", territories.name as "territory?", territories.department as "department?"
           from assignments
           join people on people.id = assignments.person_id and people.disabled_at is null
           left join territories on territories.id = assignments.territory_id
           where ($1::text is null or territories.code = $1) and ($2::uuid is null or people.id = $2)
             and (not $3 or (territories.id is null and (to_date is null or to_date >= current_date)))
             and from_date <= current_date
           order by to_date is not null and to_date < current_date, people.name collate "fr-x-icu", people.id, from_date desc"#,
        code,
        person.map(|person| person.0),
        only_network,
    )
    .fetch_all(connection)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| PostHeld {
            person: row.person,
            name: row.name,
            post: row.post,
            territory: row
                .code
                .zip(row.territory)
                .zip(row.department)
                .map(|((code, name), department)| TerritoryLabel { code, name, department }),
            from: row.from_date,
            to: row.to_date,
        })
        .collect())
}
