-- The glossary is edited from a page: a reading has an address of its own, and one that was removed can be brought back for a
-- day.
-- Locks: the table is rewritten, which is a page or two.
alter table glossary
  add column id uuid not null default gen_random_uuid() constraint glossary_id_key unique,
  add column removed_at timestamptz;
