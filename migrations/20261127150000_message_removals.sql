-- What a removed message said and what hung on it, for the ten minutes in which whoever removed it may undo that; then it is
-- swept. Nothing reads it but the undoing: for everybody else it is gone at once.
create table removals (
  message_id uuid primary key references messages on delete cascade,
  -- Who removed it, and alone may undo it.
  person_id uuid not null references people on delete cascade,
  removed_at timestamptz not null,
  body text not null,
  html text not null,
  -- The rows that hung on it, by the names of their tables.
  hung jsonb not null
);
create index removals_removed_at on removals (removed_at);
