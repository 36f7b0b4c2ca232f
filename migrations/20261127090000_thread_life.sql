-- A thread is pinned, closed, answered, and carried on elsewhere; what it was called before is kept.
-- Locks: the columns are there at once, and `threads` is locked for an instant; its index is a few pages.
alter table threads
  add column pinned_at timestamptz,
  add column closed_at timestamptz,
  add column closed_by uuid references people,
  -- The message that answers the question; it counts while the question is resolved.
  add column answer_position integer check (answer_position > 0),
  -- The thread that this one was split from.
  add column continues uuid references threads on delete set null,
  -- The thread that all its messages were moved to.
  add column continued_in uuid references threads on delete set null;
create index threads_pinned on threads (channel_id) where pinned_at is not null;

create table thread_titles (
  thread_id uuid not null references threads on delete cascade,
  -- Until when it was called so.
  until_at timestamptz not null,
  -- Null: the first line of the first message was the title.
  title text check (length(title) between 1 and 200),
  -- Who called it otherwise.
  person_id uuid not null references people,
  primary key (thread_id, until_at)
);
