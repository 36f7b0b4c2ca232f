-- A conversation is a group that nobody but its people knows of, with one thread and no channel. `members_group` finds
-- its people, also those who have left.
-- Locks: the column has a constant default, and rewrites nothing; `threads` and `notifications` are read once for their
-- checks, and `members` waits while its index is built: seconds.
alter table groups add column kind text not null default 'thematic' check (kind in ('thematic', 'conversation'));

alter table threads
  drop constraint threads_kind_check,
  add constraint threads_kind_check
    check (kind in ('message', 'question', 'announcement', 'experience', 'standing', 'conversation')),
  drop constraint threads_home,
  add constraint threads_home
    check (num_nonnulls(channel_id, document_id, meeting_id) = case kind when 'conversation' then 0 else 1 end);
create index members_group on members (group_id);
create unique index threads_conversation_key on threads (group_id) where kind = 'conversation';

alter table notifications
  drop constraint notifications_reason_check,
  add constraint notifications_reason_check check (reason in
    ('mention', 'conversation', 'reminder', 'report', 'answer', 'territory', 'channel', 'announcement'));

-- What a conversation is called for one of its people: the names of the others, also of those who have left it. Without a
-- reader it is called after all of them.
create function conversation_name(conversation uuid, reader uuid) returns text
  language sql stable parallel safe
return coalesce(
  (select string_agg(people.name, ', ' order by people.name, people.id)
   from (select distinct person_id from members where group_id = conversation) took_part
   join people on people.id = took_part.person_id
   where people.id is distinct from reader),
  '');

-- What a group is called for a reader.
create function shown_name(shown groups, reader uuid) returns text
  language sql stable parallel safe
return case when shown.kind = 'conversation' then conversation_name(shown.id, reader) else shown.name end;
