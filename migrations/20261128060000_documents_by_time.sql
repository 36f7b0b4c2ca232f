-- The latest documents that hold a word which many hold are found by reading them in the order of their time, whatever their
-- group; minutes are few among them.
-- Locks: `documents` waits while its indexes are built: a second for a hundred thousand.
create index documents_updated on documents (updated_at desc, id desc) where deleted_at is null;
create index documents_minutes on documents (updated_at desc, id desc) where deleted_at is null and type = 'minutes';
