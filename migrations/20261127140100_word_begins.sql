-- Whether one of the words of a name begins with what was typed; hyphens and apostrophes part words as spaces do.
-- Locks: none that matter, the function is new.
create function word_begins(name text, typed text) returns boolean
  language sql immutable parallel safe strict
return position(
  ' ' || translate(public.folded(typed), '-''’', '   ')
  in ' ' || translate(public.folded(name), '-''’', '   ')) > 0;
