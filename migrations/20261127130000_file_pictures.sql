-- How large a picture is shown, in pixels: read from the file's beginning, for pages to keep its place. Null for what is
-- no picture, and for what was stored before.
-- Locks: no default, so nothing is rewritten; `files` is locked for an instant.
alter table files
  add column width integer check (width > 0),
  add column height integer check (height > 0),
  add constraint files_picture check ((width is null) = (height is null)) not valid;
