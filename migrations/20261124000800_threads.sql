-- Each message belongs to exactly one thread; a thread hangs on one thing. Foreign keys point down the floors, so the
-- meeting, which stands above, is named without one.
create table threads (
  id uuid primary key,
  group_id uuid not null references groups on delete cascade,
  channel_id uuid references channels on delete cascade,
  document_id uuid references documents on delete cascade,
  meeting_id uuid,
  -- Null: the first line of the first message is the title.
  title text check (length(title) between 1 and 200),
  kind text not null check (kind in ('message', 'question', 'announcement', 'experience', 'standing')),
  status text check (status in ('open', 'resolved')),
  last_position integer not null default 0,
  created_by uuid not null references people,
  created_at timestamptz not null,
  -- When it last received a message: what its list is sorted by.
  active_at timestamptz not null,
  constraint threads_home check (num_nonnulls(channel_id, document_id, meeting_id) = 1),
  constraint threads_status check ((kind = 'question') = (status is not null))
);
create index threads_channel on threads (channel_id, active_at desc);
create unique index threads_standing_key on threads (channel_id) where kind = 'standing';
create unique index threads_meeting_key on threads (meeting_id);
create index threads_group on threads (group_id);

-- How far a person has read. Unread is the thread's last position less this one, never counted (I9).
create table read_positions (
  person_id uuid not null references people on delete cascade,
  thread_id uuid not null references threads on delete cascade,
  position integer not null check (position >= 0),
  primary key (person_id, thread_id)
);
