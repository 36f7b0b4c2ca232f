-- What hangs on a message: that it is pinned in its thread, that somebody keeps it, and a poll.
create table pins (
  message_id uuid primary key references messages on delete cascade,
  person_id uuid not null references people,
  pinned_at timestamptz not null
);

create table favourites (
  person_id uuid not null references people on delete cascade,
  message_id uuid not null references messages on delete cascade,
  created_at timestamptz not null,
  primary key (person_id, message_id)
);
create index favourites_message on favourites (message_id);

create table polls (
  message_id uuid primary key references messages on delete cascade,
  -- Whether one may choose several.
  multiple boolean not null,
  closes_at timestamptz
);

create table poll_options (
  message_id uuid not null references polls on delete cascade on update cascade,
  ordinal smallint not null check (ordinal >= 0),
  label text not null check (length(label) between 1 and 100),
  primary key (message_id, ordinal)
);

create table poll_votes (
  message_id uuid not null,
  ordinal smallint not null,
  person_id uuid not null references people on delete cascade,
  created_at timestamptz not null,
  primary key (message_id, ordinal, person_id),
  foreign key (message_id, ordinal) references poll_options on delete cascade on update cascade
);
