-- What pages say of themselves, for the groups that choose to be shown it. The server asks a page once a week at most,
-- whatever the messages that lead to it.
-- Locks: no default, so nothing is rewritten; `groups` is locked for an instant.

-- From which sequence of its log on a group's links are looked up; null: they are not, and none is shown.
alter table groups add column link_previews_from bigint check (link_previews_from >= 0);

create table link_previews (
  url_sha256 bytea primary key check (octet_length(url_sha256) = 32),
  url text not null check (length(url) between 1 and 2000),
  host text not null,
  -- Whether it is to be asked. Its title is that of the last time, and null if it never had one.
  wanted boolean not null,
  title text check (length(title) between 1 and 150),
  site text check (length(site) between 1 and 60),
  description text check (length(description) between 1 and 300),
  -- When it was last begun to be asked.
  tried_at timestamptz
);
create index link_previews_host on link_previews (host, tried_at);
create index link_previews_wanted on link_previews (tried_at) where wanted;

-- The pages that a message leads to. One that its author or an animator took away stays away.
create table message_links (
  message_id uuid not null references messages on delete cascade,
  url_sha256 bytea not null references link_previews,
  ordinal integer not null check (ordinal > 0),
  removed_at timestamptz,
  primary key (message_id, url_sha256)
);
create index message_links_url on message_links (url_sha256);
