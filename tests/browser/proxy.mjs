// A network between the browser and the server that does what networks do: cuts, stalls, loses one direction, lets no
// socket through.
import { connect, createServer } from "node:net";

/** A proxy on a port of its own. `to` says which server is behind it; none is behind it at first. */
export async function startProxy() {
  let target;
  let away = false;
  let paused = false;
  let deaf = false;
  let plain = false;
  let broken;
  const pairs = new Set();

  const server = createServer({ pauseOnConnect: true }, (client) => {
    if (away || target === undefined) return void client.resetAndDestroy();
    const upstream = connect(target, "127.0.0.1");
    const pair = { client, upstream };
    pairs.add(pair);
    const end = () => {
      pairs.delete(pair);
      client.destroy();
      upstream.destroy();
    };
    for (const side of [client, upstream]) side.on("error", end).on("close", end);
    client.on("data", (bytes) => {
      if (plain && /^GET \/live[? ]/.test(bytes.toString("latin1"))) return end();
      upstream.write(bytes);
    });
    // What the server says while nobody hears it is lost, as it is when a network goes away without a word.
    upstream.on("data", (bytes) => {
      const page = broken && /^HTTP\/1\.1 200 .*\ncontent-type: text\/html/is.exec(bytes.toString("latin1"));
      if (!page) return deaf || client.write(bytes);
      broken();
      broken = undefined;
      upstream.removeAllListeners("data");
      client.end(bytes.subarray(0, bytes.indexOf("\r\n\r\n") + 100));
    });
    if (paused) upstream.pause();
    else client.resume();
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  const each = (act) => pairs.forEach(({ client, upstream }) => [client, upstream].forEach(act));

  return {
    url: `http://127.0.0.1:${port}`,
    /** What comes from now on goes to this server. */
    to: (url) => (target = Number(new URL(url).port)),
    /** Every connection breaks, and no new one is made. */
    cut() {
      away = true;
      each((side) => side.resetAndDestroy());
    },
    /** No byte moves in either direction, and nobody is told. */
    pause() {
      paused = true;
      each((side) => side.pause());
    },
    /** The server hears the browser, and is not heard. */
    drop: () => (deaf = true),
    /** The next page breaks off soon after its headers; resolves when it has. */
    breakOff: () => new Promise((resolve) => (broken = resolve)),
    /** Sockets are cut, pages pass. */
    cutSockets() {
      plain = true;
      each((side) => side.resetAndDestroy());
    },
    /** All is well again. */
    heal() {
      if (deaf) each((side) => side.resetAndDestroy());
      away = paused = deaf = plain = false;
      each((side) => side.resume());
    },
    close() {
      each((side) => side.destroy());
      return new Promise((resolve) => server.close(resolve));
    },
  };
}
