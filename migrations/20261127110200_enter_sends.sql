-- Whether the Enter key sends what the person writes, rather than beginning a line.
-- Locks: a constant default rewrites nothing; `people` is locked for an instant.
alter table people add column enter_sends boolean not null default false;
