-- What hung on messages before their rows said so.
-- Locks: nobody waits but for who changes one of these messages; it takes as long as there are many.
set local statement_timeout = 0;

update messages set hung = messages.hung | told.hung
from (
  select message_id as id, bit_or(kind) as hung
  from (
    select message_id, 1::smallint from attachments
    union all select message_id, 2::smallint from reactions
    union all select from_id, 4::smallint from moves
    union all select to_id, 4::smallint from moves
    union all select message_id, 8::smallint from pins
    union all select message_id, 16::smallint from polls
    union all select message_id, 32::smallint from message_links
  ) hangs (message_id, kind)
  group by message_id
) told
where told.id = messages.id and messages.hung & told.hung <> told.hung;
