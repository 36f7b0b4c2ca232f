// The peer that many would write: socket.io and pg. A message is inserted, acked, and emitted to its room.

import { createServer } from "node:http";
import { Server } from "socket.io";
import pg from "pg";

const weight = Number(process.env.WEIGHT);
const padding = ".".repeat(weight);
// A WebSocket header, and what stands around the padding.
const around = 4 + '42["message",]'.length;
const pool = new pg.Pool({ connectionString: process.env.DATABASE });
const http = createServer((_, response) => response.end("ok"));
const io = new Server(http, { transports: ["websocket"], serveClient: false });

await pool.query(`create table if not exists messages (
  id bigint generated always as identity primary key,
  channel integer not null,
  author integer not null,
  body text not null,
  created_at timestamptz not null default now(),
  search tsvector generated always as (to_tsvector('french', body)) stored)`);
await pool.query("create index if not exists messages_search on messages using gin (search)");
await pool.query("create index if not exists messages_channel on messages (channel, id)");

// As heavy as what the other sides deliver.
function frame(row) {
  const light = JSON.stringify({ ...row, padding: "" });
  return { ...row, padding: padding.slice(0, Math.max(0, weight - around - light.length)) };
}

io.on("connection", (socket) => {
  socket.on("join", async ({ channels, since }, done) => {
    for (const [index, channel] of channels.entries()) {
      socket.join(String(channel));
      if (since) {
        const missed = await pool.query(
          "select id, channel, author, body, created_at from messages where channel = $1 and id > $2 order by id",
          [channel, since[index]],
        );
        for (const row of missed.rows) socket.emit("message", frame(row));
      }
    }
    done();
  });
  socket.on("send", async ({ channel, author, body }, done) => {
    const { rows } = await pool.query(
      "insert into messages (channel, author, body) values ($1, $2, $3) returning id, channel, author, body, created_at",
      [channel, author, body],
    );
    done();
    io.to(String(channel)).emit("message", frame(rows[0]));
  });
});

http.listen({ port: 0, host: "127.0.0.1", backlog: 4096 }, () => {
  const { address, port } = http.address();
  console.log(`${address}:${port}`);
});
