-- A channel is a list of threads of a group.
create table channels (
  id uuid primary key,
  group_id uuid not null references groups on delete cascade,
  name text not null check (length(name) between 1 and 80),
  purpose text not null check (length(purpose) <= 300),
  created_by uuid not null references people,
  created_at timestamptz not null,
  archived_at timestamptz
);
create index channels_group on channels (group_id, created_at);
create unique index channels_name_key on channels (group_id, lower(name)) where archived_at is null;
