-- What a message said before each of its edits, for as long as it is not removed.
create table message_edits (
  message_id uuid not null references messages on delete cascade,
  -- Until when it said so.
  until_at timestamptz not null,
  body text not null,
  primary key (message_id, until_at)
);

-- A message that was moved keeps its row, its position and its id, and says nothing any more: what it said is another
-- message of another thread, and each leads to the other.
create table moves (
  from_id uuid primary key references messages on delete cascade,
  to_id uuid not null constraint moves_to_key unique references messages on delete cascade,
  person_id uuid not null references people,
  moved_at timestamptz not null
);
