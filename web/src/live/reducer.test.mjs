import assert from "node:assert/strict";
import { test } from "node:test";
import vectors from "../../../tests/it/golden/reducer.json";
import { backoff, Stream } from "./reducer.ts";

const event = (seq) => ({ type: "event", seq, kind: "message.created", also: [] });
const seqs = ({ apply }) => apply.map(({ seq }) => seq);

// The native client of the tests is held against the same.
for (const { name, applied, steps } of vectors) {
  test(name, () => {
    const stream = new Stream(applied);
    for (const step of steps) {
      const said = JSON.stringify(step);
      if (step.take !== undefined) {
        const taken = stream.take(event(step.take));
        assert.deepEqual([seqs(taken), taken.again], [step.apply, step.again], said);
      } else if (step.positions !== undefined) {
        assert.equal(stream.isBehind(step.positions), step.behind, said);
      } else if (step.asked !== undefined) {
        stream.asked(step.asked);
      } else {
        assert.equal(stream.answered(step.answered ?? undefined), step.counts, said);
      }
    }
  });
}

test("what comes early has a bound", () => {
  const stream = new Stream(0);
  stream.asked(1);
  for (let seq = 2; seq < 500; seq++) assert.deepEqual(stream.take(event(seq)), { apply: [], again: false });
  assert.equal(stream.take(event(1)).apply.length, 1 + Stream.EARLY, "however full, the next one has a place");
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

test("the wait before coming back grows to half a minute, and is spread out", () => {
  assert.equal(backoff(0, () => 1), 500);
  assert.equal(backoff(3, () => 0.5), 2000);
  assert.equal(backoff(40, () => 1), 30_000);
  assert.equal(backoff(40, () => 0), 0);
});
