-- Each rule names what is there without what belongs to it. A name for each such thing; nothing when all is whole.
select 'a message without its event'
from messages
left join events on stream_id = group_id and seq = created_seq and subject_id = messages.id and kind = 'message.created'
where seq is null
union all
select 'an event without its message'
from events left join messages on messages.id = subject_id and created_seq = seq
where kind = 'message.created' and messages.id is null
union all
select 'a log with a hole'
from streams
where last_seq <> (select count(*) from events where stream_id = streams.id)
  or last_seq <> (select coalesce(max(seq), 0) from events where stream_id = streams.id)
union all
select 'a thread with a hole'
from threads where last_position <> (select count(*) from messages where thread_id = threads.id)
union all
select 'a thread without its first message'
from threads where kind not in ('standing', 'conversation') and meeting_id is null and last_position = 0
union all
select 'an edit without its event, or the reverse'
from messages
where (edited_at is not null) <> exists (select from events where subject_id = messages.id and kind = 'message.edited')
  and not exists (select from moves where messages.id in (from_id, to_id))
union all
select 'a reaction without its event, or the reverse'
from messages
where exists (select from reactions where message_id = messages.id)
  <> exists (select from events where subject_id = messages.id and kind = 'reaction.set')
  and not exists (select from moves where messages.id in (from_id, to_id))
union all
select 'a message that was moved and still says something, or took nothing along'
from moves
join messages source on source.id = from_id
join messages target on target.id = to_id
where source.deleted_at is null or target.created_at <> source.created_at or target.author_id <> source.author_id
  or exists (select from reactions where message_id = from_id)
union all
select 'an operation without its event'
from operations
where not exists (select from events where subject_id = message_id and kind in ('message.edited', 'message.deleted', 'reaction.set'))
union all
select 'a membership without its events'
from members
where not exists (
    select from events where stream_id = group_id and seq = began_seq and subject_id = members.person_id and kind = 'member.added')
  or ended_seq is not null and not exists (
    select from events where stream_id = group_id and seq = ended_seq and subject_id = members.person_id and kind = 'member.removed')
union all
select 'a person who was not told of a membership'
from members
group by group_id, person_id
having count(*) <> (
    select count(*) from events where stream_id = members.person_id and subject_id = group_id and kind = 'group.joined')
  or count(ended_seq) <> (
    select count(*) from events where stream_id = members.person_id and subject_id = group_id and kind = 'group.left')
union all
select 'an answer without its event, or the reverse'
from meetings
where exists (select from rsvps where meeting_id = meetings.id)
  <> exists (select from events where subject_id = meetings.id and kind = 'rsvp.set')
union all
select 'an attachment that is in no document'
from attachments where not exists (select from versions where versions.file_id = attachments.file_id)
