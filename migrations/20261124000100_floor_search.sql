-- The search configuration of every room: French stemming over folded accents and ligatures,
-- so that `Mons-en-Barœul` and `mons en baroeul` are one word list.
-- Locks: none that matter, the database is empty.
create extension if not exists unaccent;
create extension if not exists pg_trgm;

create text search configuration public.fr (copy = pg_catalog.french);
alter text search configuration public.fr
  alter mapping for asciiword, asciihword, hword_asciipart, word, hword, hword_part
  with public.unaccent, pg_catalog.french_stem;

-- `unaccent(text)` is only stable, because a dictionary may be altered; ours is not, and an
-- index needs an immutable function.
create function public.folded(value text) returns text
  language sql immutable parallel safe strict
  return lower(public.unaccent('public.unaccent'::regdictionary, value));
