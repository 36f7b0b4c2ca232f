-- When the person was last here, kept apart from their sessions: these end, and visits are told from it.
alter table people add column seen_at timestamptz;
update people set seen_at = (select max(seen_at) from sessions where person_id = people.id);
