-- Mails to send: written in the transaction that causes them, sent by the worker afterwards, kept 30 days.
create table mails (
  id uuid primary key,
  person_id uuid references people on delete cascade,
  recipient text not null,
  subject text not null,
  text_body text not null,
  html_body text not null,
  created_at timestamptz not null,
  -- When the worker may try (again).
  due_at timestamptz not null,
  attempts smallint not null default 0,
  sent_at timestamptz,
  failed_at timestamptz
);
create index mails_due on mails (due_at) where sent_at is null and failed_at is null;
