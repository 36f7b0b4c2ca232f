-- What people are told leaves for their devices by Web Push (RFC 8030), through the service that each browser names.
-- Locks: `people`, `sessions` and `notifications` for an instant, for the keys that lead to them.

-- The instance's own key (VAPID, RFC 8292): a browser takes what is signed by it alone. Made once, by whoever needs it
-- first; another one would make every subscription void.
create table push_keys (
  only_row boolean primary key default true check (only_row),
  -- PKCS #8.
  private_key bytea not null check (octet_length(private_key) between 32 and 1024),
  created_at timestamptz not null
);

-- A browser that is told. It is a session's, and ends with it.
create table push_devices (
  id uuid primary key,
  person_id uuid not null references people on delete cascade,
  session_id uuid not null constraint push_devices_session unique references sessions on delete cascade,
  -- Where its service takes messages: a secret, and never shown.
  endpoint text not null constraint push_devices_endpoint unique check (length(endpoint) between 10 and 1024),
  -- What its messages are encrypted with (RFC 8291): an uncompressed point of P-256, and a secret.
  p256dh bytea not null check (octet_length(p256dh) = 65),
  auth bytea not null check (octet_length(auth) = 16),
  created_at timestamptz not null,
  -- When its service last took something.
  used_at timestamptz,
  -- When its holder last tried it.
  tested_at timestamptz,
  -- How many requests in a row its service did not take.
  failures smallint not null default 0 check (failures >= 0)
);
create index push_devices_person on push_devices (person_id);

-- What waits to be sent to each browser: written in the transaction that tells it, sent by a worker, then gone.
create table pushes (
  device_id uuid not null references push_devices on delete cascade,
  notification_id uuid not null references notifications on delete cascade,
  -- When the worker may try (again).
  due_at timestamptz not null,
  attempts smallint not null default 0 check (attempts >= 0),
  -- Whether it fell in quiet hours: what did is announced together.
  held boolean not null default false,
  primary key (device_id, notification_id)
);
create index pushes_due on pushes (due_at);
create index pushes_notification on pushes (notification_id);

-- When a person's devices are told nothing; who has no row has chosen nothing yet.
create table quiet_hours (
  person_id uuid primary key references people on delete cascade,
  enabled boolean not null,
  -- Hours of the network's day; the end is on the next day where it comes before the beginning.
  begins_at time not null,
  ends_at time not null constraint quiet_hours_last check (ends_at <> begins_at),
  weekends boolean not null,
  holidays boolean not null
);
