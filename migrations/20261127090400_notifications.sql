-- How far each reader of the logs has read each stream: what follows from an event outside its transaction is done once,
-- by whichever node holds the row (I13). What happened before this is told to nobody.
create table consumers (
  name text not null,
  stream_id uuid not null references streams on delete cascade,
  seq bigint not null check (seq >= 0),
  primary key (name, stream_id)
);
insert into consumers (name, stream_id, seq) select 'notifications', id, last_seq from streams where kind = 'group';

-- What is told to one person, and why: one row a message and reason, however often its event is read. It is seen once it
-- was opened, or once the person has read the thread so far (I9): then `seen_at` may still be null.
create table notifications (
  id uuid primary key,
  person_id uuid not null references people on delete cascade,
  reason text not null check (reason in
    ('mention', 'reminder', 'report', 'answer', 'territory', 'channel', 'announcement')),
  message_id uuid not null references messages on delete cascade,
  created_at timestamptz not null,
  seen_at timestamptz,
  constraint notifications_once unique (person_id, message_id, reason)
);
create index notifications_person on notifications (person_id, created_at desc);
create index notifications_unseen on notifications (person_id) where seen_at is null;
create index notifications_message on notifications (message_id);
