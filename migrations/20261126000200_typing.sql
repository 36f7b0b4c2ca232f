-- Whether the person shows that they write, and sees that others do: one choice for both, and theirs to make.
-- Locks: a constant default rewrites nothing; `people` is locked for an instant.
alter table people add column shows_typing boolean not null default false;
