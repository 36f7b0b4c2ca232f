-- What somebody is writing, in a thread or in a channel in which they open one: theirs alone, and of their membership, so
-- that it ends with it. It is over as soon as its message is there: posting writes nothing here.
-- Locks: none that matter, the table is new.
create table drafts (
  member_id uuid not null references members on delete cascade,
  thread_id uuid references threads on delete cascade,
  channel_id uuid references channels on delete cascade,
  -- The id of the message that it will be; no reference, since the message is not there yet.
  message_id uuid not null,
  title text not null check (length(title) <= 200),
  kind text not null check (kind in ('message', 'question', 'announcement', 'experience')),
  body text not null check (length(body) <= 20000),
  updated_at timestamptz not null,
  constraint drafts_home check (num_nonnulls(thread_id, channel_id) = 1),
  constraint drafts_home_key unique nulls not distinct (member_id, thread_id, channel_id)
);
create index drafts_thread on drafts (thread_id);
create index drafts_channel on drafts (channel_id);
