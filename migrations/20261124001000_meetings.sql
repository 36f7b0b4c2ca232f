-- A meeting is one living object: one address, one thread. Instants are stored with the zone they were said in.
create table meetings (
  id uuid primary key,
  group_id uuid not null references groups on delete cascade,
  thread_id uuid not null constraint meetings_thread_key unique references threads,
  title text not null check (length(title) between 1 and 200),
  objective text not null check (length(objective) between 1 and 500),
  starts_at timestamptz not null,
  ends_at timestamptz not null check (ends_at > starts_at),
  timezone text not null,
  mode text not null check (mode in ('in_person', 'remote', 'hybrid')),
  place text check (length(place) between 1 and 300),
  link text check (link ~ '^https?://' and length(link) <= 2000),
  state text not null check (state in ('draft', 'poll', 'convened', 'in_session', 'in_review', 'published', 'archived', 'cancelled')),
  -- RFC 5545 SEQUENCE: raised by each change that calendars must learn of.
  revision integer not null default 0,
  created_by uuid not null references people,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  search tsvector generated always as (
    setweight(to_tsvector('public.fr', title), 'A') || setweight(to_tsvector('public.fr', objective), 'B')) stored
);
create index meetings_group on meetings (group_id, starts_at);
create index meetings_search on meetings using gin (search);

create table agenda_items (
  meeting_id uuid not null references meetings on delete cascade,
  ordinal smallint not null,
  title text not null check (length(title) between 1 and 200),
  minutes smallint not null check (minutes between 1 and 600),
  primary key (meeting_id, ordinal)
);

create table rsvps (
  meeting_id uuid not null references meetings on delete cascade,
  person_id uuid not null references people on delete cascade,
  answer text not null check (answer in ('in_person', 'remote', 'no')),
  -- Which gate it came by: the answer is the same, the history tells how people like to answer.
  gate text not null check (gate in ('page', 'api', 'mail', 'calendar')),
  assignment_id uuid references assignments on delete set null,
  answered_at timestamptz not null,
  primary key (meeting_id, person_id)
);
