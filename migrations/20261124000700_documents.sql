-- A file is immutable; a document has versions, each of one file. A file is `unfiled` until a message or a document
-- of its group names it, and is swept after a day if none does.

create table files (
  id uuid primary key,
  group_id uuid not null references groups on delete cascade,
  uploader_id uuid not null references people,
  -- The name that the uploader gave it, made safe for a header; never a path of our disk.
  name text not null check (length(name) between 1 and 255),
  size_bytes bigint not null check (size_bytes >= 0),
  media_type text not null,
  -- Where the bytes are: blobs are named by their content.
  sha256 bytea not null check (octet_length(sha256) = 32),
  created_at timestamptz not null
);
create index files_sha256 on files (sha256);
create index files_group on files (group_id);

create table documents (
  id uuid primary key,
  group_id uuid not null references groups on delete cascade,
  title text not null check (length(title) between 1 and 200),
  -- What it is for. Empty when the document came by itself from a message, and asked for then.
  purpose text not null check (length(purpose) <= 1000),
  type text not null check (type in ('tool', 'slides', 'minutes', 'guide', 'experience', 'link', 'other')),
  url text check (url ~ '^https?://'),
  tags text[] not null default '{}',
  created_by uuid not null references people,
  assignment_id uuid references assignments on delete set null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  deleted_at timestamptz,
  search tsvector generated always as (
    setweight(to_tsvector('public.fr', title), 'A') || setweight(to_tsvector('public.fr', purpose), 'B')) stored,
  constraint documents_link check ((type = 'link') = (url is not null))
);
create index documents_group on documents (group_id, updated_at desc) where deleted_at is null;
create index documents_search on documents using gin (search);

create table versions (
  document_id uuid not null references documents on delete cascade,
  number integer not null check (number > 0),
  file_id uuid not null constraint versions_file_key unique references files,
  created_by uuid not null references people,
  created_at timestamptz not null,
  primary key (document_id, number)
);
