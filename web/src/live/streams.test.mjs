import assert from "node:assert/strict";
import { test } from "node:test";
import { Streams } from "./streams.ts";

const page = (streams, epoch = "e") => ({ dataset: { epoch, streams: JSON.stringify(streams) } });
const event = (stream, seq) => ({ type: "event", stream, seq, also: [] });
const answer = (stream, result, id) => ({ type: "subscribed", id, stream, epoch: "e", seq: 1, result });

test("a stream is followed from where the page stands, then from where it was applied", () => {
  const streams = new Streams();
  streams.read(page({ own: 3, group: 7 }));
  assert.deepEqual(streams.polled(), [{ stream: "own", since: 3, epoch: "e" }, { stream: "group", since: 7, epoch: "e" }]);
  assert.equal(streams.take(event("group", 8)).apply.length, 1);
  assert.equal(streams.ask("group", 1).since, 8);
  assert.deepEqual(streams.take(event("other", 1)), { apply: [], again: false }, "what is not followed is not applied");
});

test("a page that is fetched again says what is followed from then on", () => {
  const streams = new Streams();
  streams.read(page({ own: 3, group: 7 }));
  assert.deepEqual(streams.read(page({ own: 4, joined: 2 }, "f")), ["group"]);
  assert.deepEqual(streams.polled().map(({ stream, since, epoch }) => `${stream} ${since} ${epoch}`), ["own 4 f", "joined 2 f"]);
});

test("who is behind the server's positions knows which streams to ask for", () => {
  const streams = new Streams();
  streams.read(page({ own: 3, group: 7 }));
  assert.deepEqual(streams.behind({ own: 3, group: 9, other: 4 }), ["group"]);
});

test("a denied stream is gone; one's own denied is another person's browser", () => {
  const streams = new Streams();
  streams.read(page({ own: 3, group: 7 }));
  streams.ask("group", 1);
  streams.ask("group", 2);
  assert.equal(streams.answered(answer("group", "denied", 1), "own"), "old", "another was asked for since");
  assert.equal(streams.answered(answer("group", "ok", 2), "own"), "follows");
  assert.equal(streams.answered(answer("group", "reset"), "own"), "reload");
  assert.equal(streams.answered(answer("group", "denied"), "own"), "gone");
  assert.equal(streams.ask("group", 2), undefined);
  assert.equal(streams.answered(answer("own", "denied"), "own"), "foreign");
});
