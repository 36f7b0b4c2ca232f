-- How much of a thread, and of a channel, each person wants to hear. Who has no row here was never asked: the channel's
-- level holds, and by default one hears of the threads that one takes part in.
create table follows (
  person_id uuid not null references people on delete cascade,
  thread_id uuid not null references threads on delete cascade,
  level text not null check (level in ('followed', 'normal', 'muted')),
  reason text not null check (reason in ('author', 'answer', 'mention', 'territory', 'choice')),
  created_at timestamptz not null,
  primary key (person_id, thread_id)
);
create index follows_thread on follows (thread_id);

create table channel_levels (
  person_id uuid not null references people on delete cascade,
  channel_id uuid not null references channels on delete cascade,
  level text not null check (level in ('all', 'mine', 'none')),
  primary key (person_id, channel_id)
);
create index channel_levels_channel on channel_levels (channel_id);
