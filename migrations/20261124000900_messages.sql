-- A message keeps its row and position for ever; what it said goes when it is removed.
create table messages (
  id uuid primary key,
  thread_id uuid not null references threads on delete cascade,
  group_id uuid not null references groups on delete cascade,
  position integer not null check (position > 0),
  -- The sequence of its `message.created`, which a retry is answered with.
  created_seq bigint not null,
  author_id uuid not null references people,
  -- The post that the author held when writing.
  assignment_id uuid references assignments on delete set null,
  body text,
  -- The body as sanitised HTML, written with it.
  html text,
  -- A keyed hash of what was first sent, kept through edits: how a retry is told from a conflict (I1).
  fingerprint bytea not null check (octet_length(fingerprint) = 32),
  created_at timestamptz not null,
  edited_at timestamptz,
  deleted_at timestamptz,
  search tsvector generated always as (to_tsvector('public.fr', coalesce(body, ''))) stored,
  constraint messages_position_key unique (thread_id, position),
  constraint messages_removed check ((deleted_at is null) = (body is not null) and (body is null) = (html is null))
);
create index messages_group on messages (group_id, created_at desc);
create index messages_search on messages using gin (search);

create table attachments (
  message_id uuid not null references messages on delete cascade,
  ordinal smallint not null,
  file_id uuid not null references files,
  primary key (message_id, ordinal)
);
create index attachments_file on attachments (file_id);

create table reactions (
  message_id uuid not null references messages on delete cascade,
  person_id uuid not null references people on delete cascade,
  name text not null check (name in ('thanks', 'useful', 'me_too')),
  created_at timestamptz not null,
  primary key (message_id, name, person_id)
);

-- The idempotency keys of edits, removals and reactions, kept seven days.
create table operations (
  person_id uuid not null references people on delete cascade,
  op uuid not null,
  message_id uuid not null references messages on delete cascade,
  created_at timestamptz not null,
  primary key (person_id, op)
);
