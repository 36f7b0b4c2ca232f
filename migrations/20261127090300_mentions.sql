-- Who and what a message names: written with it, so that who is named is told of it whatever happens afterwards (I13).
-- `subject_id` is a person's, a territory's or a channel's, as the kind says.
create table mentions (
  message_id uuid not null references messages on delete cascade,
  kind text not null check (kind in ('person', 'territory', 'channel')),
  subject_id uuid not null,
  primary key (message_id, kind, subject_id)
);
