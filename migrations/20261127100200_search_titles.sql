-- What has a title is found by three letters of it, mistyped too; a document by its tags and the names of its files.
-- A new word of a title is two index entries on tables that are written now and then.
-- Locks: `documents` is rewritten for its column, and each table waits while its index is built: seconds.
create index channels_title on channels using gin (folded(name) gin_trgm_ops);
create index threads_title on threads using gin (folded(title) gin_trgm_ops);
create index meetings_title on meetings using gin (folded(title) gin_trgm_ops);
create index people_title on people using gin (folded(name) gin_trgm_ops);
create index territories_title on territories using gin (folded(name) gin_trgm_ops);
create index documents_title on documents using gin (folded(title) gin_trgm_ops);

-- `array_to_string` is only stable, for types whose text depends on settings; that of texts does not.
create function public.joined(words text[]) returns text
  language sql immutable parallel safe strict
  return array_to_string(words, ' ');

alter table documents drop column search;
alter table documents add column search tsvector generated always as (
  setweight(to_tsvector('public.fr', title), 'A') || setweight(to_tsvector('public.fr', purpose), 'B')
    || setweight(to_tsvector('public.fr', joined(tags)), 'B')) stored;
create index documents_search on documents using gin (search);

-- `grille_d-entretien.v2.pdf` is four words and not one.
create function public.file_words(name text) returns tsvector
  language sql immutable parallel safe strict
  return to_tsvector('public.fr', translate(name, '._-+', '    '));
create index files_words on files using gin (file_words(name));

-- The questions that were answered, by their titles.
create index threads_resolved on threads (group_id, active_at desc) where status = 'resolved';

-- Messages stand on the disk about as they came: what was said in a span of time is found by a few bytes for each
-- megabyte, which costs an insert next to nothing.
create index messages_created on messages using brin (created_at) with (pages_per_range = 64);
