-- The one membership boundary. A membership is an interval of the group's stream, both ends included (I8).

create table groups (
  id uuid primary key references streams,
  slug text not null constraint groups_slug_key unique check (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' and length(slug) <= 80),
  name text not null check (length(name) between 1 and 120),
  purpose text not null check (length(purpose) <= 500),
  access text not null check (access in ('open', 'request', 'invite')),
  created_by uuid not null references people,
  created_at timestamptz not null
);

create table members (
  id uuid primary key,
  group_id uuid not null references groups on delete cascade,
  person_id uuid not null references people on delete cascade,
  role text not null check (role in ('animator', 'member', 'guest')),
  began_seq bigint not null,
  began_at timestamptz not null,
  ended_seq bigint check (ended_seq >= began_seq),
  ended_at timestamptz
);
create unique index members_present_key on members (group_id, person_id) where ended_seq is null;
create index members_person on members (person_id) where ended_seq is null;

create table join_requests (
  group_id uuid not null references groups on delete cascade,
  person_id uuid not null references people on delete cascade,
  created_at timestamptz not null,
  primary key (group_id, person_id)
);
