import assert from "node:assert/strict";
import { test } from "node:test";
import { backoff, Stream } from "./reducer.ts";

const event = (seq) => ({ type: "event", seq, kind: "message.created", also: [] });
const seqs = ({ apply }) => apply.map(({ seq }) => seq);

test("events are applied in order, each once", () => {
  const stream = new Stream(4);
  assert.deepEqual(seqs(stream.take(event(5))), [5]);
  assert.deepEqual(seqs(stream.take(event(5))), []);
  assert.deepEqual(seqs(stream.take(event(3))), []);
  assert.equal(stream.applied, 5);
});

test("a gap is asked for once, and what came early is applied when it closes", () => {
  const stream = new Stream(4);
  assert.deepEqual(stream.take(event(7)), { apply: [], again: true });
  assert.equal(stream.take(event(6)).again, false);
  assert.deepEqual(seqs(stream.take(event(5))), [5, 6, 7]);
  assert.equal(stream.take(event(9)).again, true, "another gap");
});

test("what comes early has a bound, after which the stream is asked for again", () => {
  const stream = new Stream(0);
  let asked = 0;
  for (let seq = 2; seq < 2 + 3 * Stream.EARLY; seq++) asked += stream.take(event(seq)).again ? 1 : 0;
  assert.ok(asked >= 2 && asked <= 4, `asked ${asked} times`);
  stream.restart();
  assert.deepEqual(seqs(stream.take(event(1))), [1], "a new subscription begins at the gap");
});

test("whatever the order, what is applied is contiguous and complete", () => {
  let seed = 7;
  const roll = (sides) => ((seed = (seed * 1103515245 + 12345) % 2147483648), seed % sides);
  for (let round = 0; round < 500; round++) {
    const stream = new Stream(10);
    const sent = Array.from({ length: 30 }, (_, index) => 11 + index);
    const mixed = [...sent, ...sent.slice(5, 12)].sort(() => roll(3) - 1);
    const applied = mixed.flatMap((seq) => seqs(stream.take(event(seq))));
    assert.deepEqual(applied, sent);
  }
});

test("who is behind the server's positions knows it", () => {
  const stream = new Stream(4);
  assert.equal(stream.isBehind(4), false);
  assert.equal(stream.isBehind(5), true);
});

test("the wait before coming back grows to half a minute, and is spread out", () => {
  assert.equal(backoff(0, () => 1), 500);
  assert.equal(backoff(3, () => 0.5), 2000);
  assert.equal(backoff(40, () => 1), 30_000);
  assert.equal(backoff(40, () => 0), 0);
});
