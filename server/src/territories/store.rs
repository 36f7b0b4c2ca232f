//! The SQL of territories.

use chrono::NaiveDate;
use sqlx::PgConnection;
use uuid::Uuid;
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

pub(super) async fn count(connection: &mut PgConnection) -> Result<i64> {
    Ok(sqlx::query_scalar!(r#"select count(*) as "count!" from territories"#).fetch_one(connection).await?)
}
