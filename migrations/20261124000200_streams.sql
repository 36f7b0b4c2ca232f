-- What happened, in order. A stream has one row that writers lock: the sequence is gapless because it is
-- taken under that lock, and everything that a follower may see later is an event of it (I2, I4).
-- A stream's id is its owner's id: a group's, or a person's.

create table instance (
  only_row boolean primary key default true check (only_row),
  -- Replaced by a restore and by a reset of the demonstration, so that every client starts afresh (I14).
  epoch uuid not null,
  name text not null check (length(name) between 1 and 120),
  -- The key that fingerprints what was first sent, and signs what leaves by mail.
  secret bytea not null check (octet_length(secret) = 32),
  demo boolean not null default false,
  created_at timestamptz not null
);

create table streams (
  id uuid primary key,
  kind text not null check (kind in ('group', 'person')),
  last_seq bigint not null default 0 check (last_seq >= 0)
);

-- References only, never a body: replay renders what is there now (I18).
create table events (
  stream_id uuid not null references streams on delete cascade,
  seq bigint not null check (seq > 0),
  kind text not null,
  subject_id uuid not null,
  -- The thread that the event belongs to, where it has one.
  thread_id uuid,
  -- The second reference of the kinds that need one: the person of `rsvp.set` and of `member.*`.
  person_id uuid,
  actor_id uuid,
  at timestamptz not null,
  primary key (stream_id, seq)
);
create index events_at on events using brin (at);
