-- Territories are data that the animator edits, and a post is held for a time: a message shows the post of its
-- author at the time of writing, through the assignment.

create table territories (
  id uuid primary key,
  code text not null constraint territories_code_key unique check (code ~ '^[A-Z0-9]{2,5}$'),
  name text not null check (length(name) between 1 and 120),
  communes text[] not null default '{}',
  insee text[] not null default '{}',
  department text not null check (department ~ '^[0-9AB]{2,3}$'),
  department_name text not null,
  quarters text not null default '',
  latitude double precision not null,
  longitude double precision not null,
  search tsvector generated always as (to_tsvector('public.fr', name || ' ' || quarters)) stored
);
create index territories_search on territories using gin (search);

create table label_periods (
  territory_id uuid not null references territories on delete cascade,
  from_year smallint not null,
  to_year smallint check (to_year >= from_year),
  primary key (territory_id, from_year)
);

create table assignments (
  id uuid primary key,
  person_id uuid not null references people on delete cascade,
  -- Null for a post at the network itself: the animator's, a speaker's.
  territory_id uuid references territories on delete restrict,
  role text not null check (role in ('cpo_city', 'cpo_education', 'lead', 'state_delegate', 'parent_contact',
    'sports_educator', 'intern', 'facilitator', 'speaker', 'partner')),
  from_date date not null,
  to_date date check (to_date >= from_date)
);
create index assignments_person on assignments (person_id, from_date);
create index assignments_territory on assignments (territory_id);
