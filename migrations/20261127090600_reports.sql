-- A message that somebody reports to the animators of its group, and what came of it.
create table reports (
  id uuid primary key,
  message_id uuid not null references messages on delete cascade,
  group_id uuid not null references groups on delete cascade,
  person_id uuid not null references people on delete cascade,
  reason text not null check (length(reason) between 1 and 1000),
  created_at timestamptz not null,
  handled_at timestamptz,
  handled_by uuid references people,
  constraint reports_handled check ((handled_at is null) = (handled_by is null))
);
create index reports_open on reports (group_id, created_at) where handled_at is null;
create unique index reports_once_key on reports (message_id, person_id) where handled_at is null;

-- What somebody wants to be told of again.
create table reminders (
  id uuid primary key,
  person_id uuid not null references people on delete cascade,
  message_id uuid not null references messages on delete cascade,
  due_at timestamptz not null,
  created_at timestamptz not null
);
create index reminders_due on reminders (due_at);
create index reminders_person on reminders (person_id, message_id);
