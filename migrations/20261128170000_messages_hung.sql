-- What hangs on a message, or once did: 1 files, 2 reactions, 4 moves, 8 a pin, 16 a poll, 32 links, added up. Most messages
-- have nothing, and whoever reads fifty of them need not ask six tables for each.
-- Locks: whoever reads or writes a message, or what hangs on it, waits for an instant.
alter table messages add hung smallint not null default 0;

create function hang() returns trigger language plpgsql as $$
begin
  update messages set hung = hung | tg_argv[0]::smallint
  where id = new.message_id and hung & tg_argv[0]::smallint = 0;
  return null;
end
$$;

create function hang_moved() returns trigger language plpgsql as $$
begin
  update messages set hung = hung | 4 where id in (new.from_id, new.to_id) and hung & 4 = 0;
  return null;
end
$$;

create trigger hang after insert or update of message_id on attachments for each row execute function hang(1);
create trigger hang after insert or update of message_id on reactions for each row execute function hang(2);
create trigger hang after insert or update of from_id, to_id on moves for each row execute function hang_moved();
create trigger hang after insert or update of message_id on pins for each row execute function hang(8);
create trigger hang after insert or update of message_id on polls for each row execute function hang(16);
create trigger hang after insert or update of message_id on message_links for each row execute function hang(32);
