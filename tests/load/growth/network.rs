//! A network of a size: channels, threads and messages in them, with authors, posts and reactions, the same every time.
//!
//! It is put straight into the database, as the product itself would have written it, since posting is measured elsewhere.
//! Each channel has one thread that grows with the network, and some that say one thing: its page looks the same in all.

use anyhow::Result;

use crate::{cast, server::Server};

/// How many channels a group has.
const CHANNELS_OF_GROUP: usize = 20;
/// How many threads of a channel say one thing.
const QUIET: usize = 9;
/// How many people write. The first three are who reads.
const PEOPLE: usize = 50;

/// The id of a thing by its kind and number, in SQL.
fn id(kind: u16, number: &str) -> String {
    format!("('00000000-0000-7000-{kind:04x}-' || lpad(to_hex(({number})::bigint), 12, '0'))::uuid")
}

/// The thread of a channel that grows.
pub(crate) fn busy_thread(channel: usize) -> String {
    format!("00000000-0000-7000-c000-{:012x}", channel * (QUIET + 1))
}

/// Makes groups with so many channels in all, and their threads; everybody is a member of all. What is there stays.
pub(crate) fn found(server: &Server, channels: usize) -> Result<()> {
    cast::people(server, PEOPLE)?;
    let (groups, threads) = (channels / CHANNELS_OF_GROUP, channels * (QUIET + 1));
    let [person, group, channel, thread, territory, post] =
        [0x9000, 0xa000, 0xb000, 0xc000, 0xf000, 0xfa00].map(|kind| id(kind, "number"));
    let first = id(0x9000, "0");
    server.sql(&format!(
        "insert into territories (id, code, name, department, department_name, latitude, longitude)
           select {territory}, 'Z' || chr(65 + number) || 'Z', 'Territoire ' || number, '59', 'Nord', 50, 3
           from generate_series(0, 9) number on conflict do nothing;
         insert into assignments (id, person_id, territory_id, role, from_date)
           select {post}, {person}, {}, 'cpo_city', '2020-01-01' from generate_series(0, {PEOPLE} - 1) number
           on conflict do nothing;
         insert into streams (id, kind) select {group}, 'group' from generate_series(0, {groups} - 1) number
           on conflict do nothing;
         insert into groups (id, slug, name, purpose, access, created_by, created_at)
           select {group}, 'groupe-' || number, 'Groupe ' || number, '', 'invite', {first}, '2020-01-01'
           from generate_series(0, {groups} - 1) number on conflict do nothing;
         insert into members (id, group_id, person_id, role, began_seq, began_at)
           select gen_random_uuid(), {}, {person}, 'member', 0, '2020-01-01'
           from generate_series(0, {groups} - 1) place, generate_series(0, {PEOPLE} - 1) number
           on conflict do nothing;
         insert into channels (id, group_id, name, purpose, created_by, created_at)
           select {channel}, {}, 'Salon ' || number, 'Ce qui se dit ici.', {first}, '2020-01-01'
           from generate_series(0, {channels} - 1) number on conflict do nothing;
         insert into threads (id, group_id, channel_id, title, kind, created_by, created_at, active_at)
           select {thread}, {}, {}, 'Sujet ' || number, 'message', {first}, '2020-01-01', '2020-01-01'
           from generate_series(0, {threads} - 1) number on conflict do nothing;",
        id(0xf000, "number % 10"),
        id(0xa000, "place"),
        id(0xa000, &format!("number / {CHANNELS_OF_GROUP}")),
        id(0xa000, &format!("number / {}", CHANNELS_OF_GROUP * (QUIET + 1))),
        id(0xb000, &format!("number / {}", QUIET + 1)),
    ))?;
    Ok(())
}

/// Has something happen in each group that shows nowhere: what was read of it is to be read anew.
pub(crate) fn stir(server: &Server) -> Result<()> {
    server.sql(
        "with stirred as (
           update streams set last_seq = last_seq + 1 from groups where groups.id = streams.id
           returning streams.id, last_seq)
         insert into events (stream_id, seq, kind, subject_id, at)
         select id, last_seq, 'group.updated', id, now() from stirred;",
    )?;
    Ok(())
}

/// Says something in each quiet thread, and so many messages in the others, in turns, each with its event; every fifth
/// has reactions. Then the first reader has read all but two of each thread, the second all but 150, the third nothing.
pub(crate) fn say(server: &Server, channels: usize, messages: usize) -> Result<()> {
    let quiet_of_group = CHANNELS_OF_GROUP * QUIET;
    let author = id(0x9000, &format!("3 + (n * 7 + n / {channels}) % ({PEOPLE} - 3)"));
    let post = id(0xfa00, &format!("3 + (n * 7 + n / {channels}) % ({PEOPLE} - 3)"));
    let words = crate::crowd::text::WORDS;
    server.sql(&format!(
        "drop index messages_search;
         drop index messages_created;
         create temporary table said on commit drop as
           select n, {} as id, {} as thread, {} as grp, n / {channels} + 1 as position,
             {quiet_of_group} + n / {channels} * {CHANNELS_OF_GROUP} + n % {CHANNELS_OF_GROUP} + 1 as seq
           from generate_series(0, {messages}::bigint - 1) n
           union all
           select n, {}, {}, {}, 1, n % {quiet_of_group} + 1
           from generate_series(0, {channels}::bigint * {QUIET} - 1) n;
         insert into messages
             (id, thread_id, group_id, position, created_seq, author_id, assignment_id, body, html, fingerprint, created_at)
           select id, thread, grp, position, seq, {author}, {post}, body, '<p>' || body || '</p>' || chr(10),
             decode(repeat('00', 32), 'hex'), timestamptz '2025-01-01' + seq * interval '1 second'
           from said
           cross join lateral (select substr(words, 1 + (n * 37 % 600)::integer, 300) as body
             from (values ('{words}')) text (words)) text;
         insert into events (stream_id, seq, kind, subject_id, thread_id, actor_id, at)
           select grp, seq, 'message.created', id, thread, {author}, timestamptz '2025-01-01' + seq * interval '1 second'
           from said;
         insert into reactions (message_id, person_id, name, created_at)
           select id, {}, name, now() from said, unnest(array['thanks', 'useful']) with ordinality given (name, place)
           where n % 5 = 0;
         update threads set last_position = last.position, active_at = timestamptz '2025-01-01' + last.seq * interval '1 second'
           from (select thread, max(position) as position, max(seq) as seq from said group by thread) last
           where threads.id = last.thread;
         update streams set last_seq = last.seq from (select grp, max(seq) as seq from said group by grp) last
           where streams.id = last.grp;
         insert into consumers (name, stream_id, seq) select 'notifications', id, last_seq from streams where kind = 'group'
           on conflict (name, stream_id) do update set seq = excluded.seq;
         insert into read_positions (person_id, thread_id, position)
           select {}, id, greatest(last_position - left_unread, 0)
           from threads, unnest(array[2, 150]) with ordinality reader (left_unread, place)
           on conflict (person_id, thread_id) do update set position = excluded.position;
         set maintenance_work_mem = '512MB';
         create index messages_search on messages using gin (search);
         create index messages_created on messages using brin (created_at) with (pages_per_range = 64);",
        id(0xd000, "n"),
        id(0xc000, &format!("n % {channels} * {}", QUIET + 1)),
        id(0xa000, &format!("n % {channels} / {CHANNELS_OF_GROUP}")),
        id(0xe000, "n"),
        id(0xc000, &format!("n / {QUIET} * {} + n % {QUIET} + 1", QUIET + 1)),
        id(0xa000, &format!("n / {quiet_of_group}")),
        id(0x9000, &format!("3 + (n + place) % ({PEOPLE} - 3)")),
        id(0x9000, "place - 1"),
    ))?;
    server.vacuum()
}
