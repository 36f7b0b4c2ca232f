//! Who is there: people with a session each, and groups that they are members of.
//!
//! People, sessions and memberships are put straight into the database, as the product itself would have written them,
//! since making thousands of accounts by mail is not what is measured. Groups, channels and threads come by the API.

use anyhow::{Context, Result};
use serde_json::json;
use uuid::Uuid;

use crate::server::{Person, Server, id};

/// A group, with the thread that is talked in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Group {
    /// Its id, which is also its stream's.
    pub(crate) id: Uuid,
    pub(crate) thread: Uuid,
}

/// The id of a person by their `number`, in SQL.
const PERSON: &str = "('00000000-0000-7000-9000-' || lpad(to_hex(number), 12, '0'))::uuid";

/// The id of a person.
pub(crate) fn person(number: usize) -> Uuid {
    Uuid::from_u128(0x0000_0000_0000_7000_9000_0000_0000_0000 | number as u128)
}

/// Makes people, numbered from 0, or sees that they are there.
pub(crate) fn people(server: &Server, count: usize) -> Result<()> {
    server.sql(&format!(
        "create temporary table person on commit drop as
           select number, {PERSON} as id from generate_series(0, {count} - 1) number;
         insert into streams (id, kind) select id, 'person' from person on conflict do nothing;
         insert into people (id, email, name, created_at, activated_at)
           select id, 'membre' || number || '@reseau.example', 'Camille Membre ' || number, now(), now() from person
           on conflict do nothing;
         insert into sessions (id, token_hash, person_id, created_at, seen_at, expires_at)
           select id, sha256(lpad(to_hex(number), 64, '0')::bytea), id, now(), now(), now() + interval '30 days'
           from person on conflict do nothing;"
    ))?;
    Ok(())
}

/// The secret of a person's session.
pub(crate) fn session(number: usize) -> String {
    format!("{number:064x}")
}

/// Makes a group with one channel and one thread, and these people members of it.
pub(crate) async fn group(server: &Server, animator: &Person, name: &str, from: usize, to: usize) -> Result<Group> {
    let (group, channel) = animator.group(name).await?;
    let path = format!("/api/v1/channels/{channel}/threads");
    let thread = animator.post(&path, &json!({ "title": "Suivi", "body": "Bonjour" })).await?;
    let thread = id(&thread)?.parse().context("an id is a UUID")?;
    server.sql(&format!(
        "insert into members (id, group_id, person_id, role, began_seq, began_at)
           select md5('{group}' || number)::uuid, '{group}', {PERSON}, 'member', last_seq, now()
           from generate_series({from}, {to} - 1) number join streams on streams.id = '{group}';"
    ))?;
    Ok(Group { id: group.parse()?, thread })
}

/// How many messages a group holds that people of this cast wrote.
pub(crate) fn rows(server: &Server, groups: &[Group]) -> Result<u64> {
    let ids: Vec<_> = groups.iter().map(|group| format!("'{}'", group.id)).collect();
    let counted = server
        .sql(&format!("select count(*) from messages where group_id in ({}) and body like 'zq:%';", ids.join(", ")))?;
    Ok(counted.parse()?)
}
