-- The key of an operation is that of one verb with its words, not of one message alone: a keyed hash of them tells a
-- retry from a conflict, and nothing of what was said once that is removed. Null in rows of the version before.
-- Lock: the table is read once while nobody writes to it; it holds seven days of keys.
alter table operations
  add column fingerprint bytea constraint operations_fingerprint check (octet_length(fingerprint) = 32);
