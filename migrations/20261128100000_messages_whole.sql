-- A message of some hundred characters is kept in one piece with its words: outside, which PostgreSQL begins at 2 KB, each
-- message that a search looks into takes three times as long, and each that is written one more row and its index.
-- Locks: nobody waits. What was written before stays as it is.
alter table messages set (toast_tuple_target = 8160);
