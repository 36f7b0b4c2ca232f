-- A meeting's draft is its animators', and so is its thread. The meeting stands above and keeps this as it is.
-- Locks: the column is there at once; the threads of present drafts, which are few, wait for the commit.
alter table threads add column draft boolean not null default false;
update threads set draft = true from meetings where meetings.id = threads.meeting_id and meetings.state = 'draft';
