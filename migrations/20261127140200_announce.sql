-- What a screen reader is told of messages that come to an open thread: what they say, how many they are, or nothing.
-- Locks: a constant default rewrites nothing; `people` is locked for an instant.
alter table people add column announce text not null default 'words' check (announce in ('words', 'count', 'nothing'));
