-- The keys of operations are forgotten after seven days: what is old is found without reading the table.
-- Locks: writes to `operations` wait while the index, which is a few pages, is built.
create index operations_created_at on operations using brin (created_at);
