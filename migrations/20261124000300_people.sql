-- Accounts and what proves them. Nothing secret is stored as such: tokens and codes are hashes.

create table people (
  id uuid primary key,
  email text not null check (length(email) between 3 and 254),
  name text not null check (length(name) between 1 and 120),
  -- A PHC string (argon2id); null while the person signs in by mail only.
  password_hash text,
  admin boolean not null default false,
  locale text not null default 'fr' check (locale in ('fr', 'en')),
  theme text not null default 'system' check (theme in ('system', 'light', 'dark')),
  -- Raised by whatever a message shows of its author, so that cached fragments are renewed.
  revision integer not null default 1,
  created_at timestamptz not null,
  activated_at timestamptz,
  disabled_at timestamptz,
  search tsvector generated always as (to_tsvector('public.fr', name)) stored
);
create unique index people_email_key on people (lower(email));
create index people_search on people using gin (search);

create table sessions (
  id uuid primary key,
  token_hash bytea not null constraint sessions_token_key unique check (octet_length(token_hash) = 32),
  person_id uuid not null references people on delete cascade,
  user_agent text not null default '',
  created_at timestamptz not null,
  seen_at timestamptz not null,
  expires_at timestamptz not null
);
create index sessions_person on sessions (person_id);

create table tokens (
  id uuid primary key,
  token_hash bytea not null constraint tokens_token_key unique check (octet_length(token_hash) = 32),
  person_id uuid not null references people on delete cascade,
  created_at timestamptz not null
);

-- A link of a mail, and the six digits beside it. Acted on by POST only, once.
create table sign_ins (
  id uuid primary key,
  token_hash bytea not null constraint sign_ins_token_key unique check (octet_length(token_hash) = 32),
  -- Null for an invitation, which has no code.
  code_hash bytea check (octet_length(code_hash) = 32),
  person_id uuid not null references people on delete cascade,
  kind text not null check (kind in ('link', 'invitation')),
  attempts smallint not null default 0,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  used_at timestamptz
);
create index sign_ins_person on sign_ins (person_id);

-- Counted here and not in memory, so that every node counts the same (assurance, Authentication).
create table sign_in_attempts (
  key bytea not null,
  at timestamptz not null
);
create index sign_in_attempts_key on sign_in_attempts (key, at);

create table feeds (
  person_id uuid primary key references people on delete cascade,
  token_hash bytea not null constraint feeds_token_key unique check (octet_length(token_hash) = 32),
  created_at timestamptz not null
);
