-- The words that each group writes, from which a mistyped question is put right. Gathered beside the posting, so that
-- no message is dearer for it; kept by group, so that nobody is told of a word that only strangers wrote, and so that
-- it goes with its group.
create table vocabulary (
  group_id uuid not null references groups on delete cascade,
  -- In small letters, with its accents.
  word text not null check (length(word) between 4 and 30),
  -- In how many messages it was seen.
  messages integer not null check (messages > 0),
  primary key (group_id, word)
);
create index vocabulary_word on vocabulary using gin (folded(word) gin_trgm_ops);

-- Up to when a group's messages were gathered.
create table vocabulary_progress (
  group_id uuid primary key references groups on delete cascade,
  gathered_until timestamptz not null
);

-- The words that messages are full of, as PostgreSQL's statistics know them: a question of these alone is answered from
-- the latest messages, any other from the index.
create table common_lexemes (
  name text primary key
);
