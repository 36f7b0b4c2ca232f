-- How matters stand for people, as far as a page may show of them: each stream that they follow, with where it stands, and
-- each text that they are writing. Its row has another xmin each time it is written, at whatever time that is.
create view standing (person_id, id, stands) as
select members.person_id, streams.id, streams.last_seq
from members join streams on streams.id = members.group_id
where members.ended_seq is null
union all
select id, id, last_seq from streams where kind = 'person'
union all
select members.person_id, drafts.message_id, drafts.xmin::text::bigint
from drafts join members on members.id = drafts.member_id
where members.ended_seq is null;
