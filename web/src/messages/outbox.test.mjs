import assert from "node:assert/strict";
import { test } from "node:test";
import { Outbox, STALE_MS } from "./outbox.ts";

function store() {
  const kept = new Map();
  return {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => kept.set(key, value),
    removeItem: (key) => kept.delete(key),
    kept,
  };
}

const waiting = (id, at = 0) => ({ id, body: `body of ${id}`, at });
const stored = async () => ({ kind: "stored" });

test("what waits is sent in order, one at a time, and is forgotten once stored", async () => {
  const kept = store();
  const outbox = new Outbox(kept, "t");
  ["a", "b"].forEach((id) => outbox.add(waiting(id)));
  const steps = [];
  const attempt = async ({ id }) => {
    steps.push(`send ${id}`);
    if (id === "a") outbox.add(waiting("c"));
    await null;
    return { kind: "stored" };
  };
  const ended = ({ id }) => steps.push(`stored ${id}`);
  await Promise.all([outbox.flush(attempt, ended), outbox.flush(attempt, ended)]);
  assert.deepEqual(steps, ["send a", "stored a", "send b", "stored b", "send c", "stored c"]);
  assert.equal(kept.kept.size, 0);
});

test("an attempt that tells nothing keeps the message and those after it, also for the next page", async () => {
  const kept = store();
  const outbox = new Outbox(kept, "t");
  ["a", "b"].forEach((id) => outbox.add(waiting(id)));
  await outbox.flush(async () => ({ kind: "unknown" }), assert.fail);
  const ids = [];
  await new Outbox(kept, "t").flush(stored, ({ id }) => ids.push(id));
  assert.deepEqual(ids, ["a", "b"]);
});

test("a refusal gives the message back and goes on with the next", async () => {
  const outbox = new Outbox(store(), "t");
  ["a", "b"].forEach((id) => outbox.add(waiting(id)));
  const ends = [];
  const attempt = async ({ id }) => (id === "a" ? { kind: "refused", message: "archived" } : { kind: "stored" });
  await outbox.flush(attempt, ({ body }, how) => ends.push([body, how.kind]));
  assert.deepEqual(ends, [["body of a", "refused"], ["body of b", "stored"]]);
});

test("an attempt that throws lets the next one begin", async () => {
  const outbox = new Outbox(store(), "t");
  outbox.add(waiting("a"));
  await assert.rejects(outbox.flush(async () => Promise.reject(new Error("network")), assert.fail));
  const ids = [];
  await outbox.flush(stored, ({ id }) => ids.push(id));
  assert.deepEqual(ids, ["a"]);
});

test("what is older than ten minutes is not sent without asking", () => {
  const outbox = new Outbox(store(), "t");
  outbox.add(waiting("old", 0));
  outbox.add(waiting("new", STALE_MS));
  assert.deepEqual(outbox.takeStale(STALE_MS).map(({ id }) => id), ["old"]);
  assert.deepEqual(outbox.list().map(({ id }) => id), ["new"]);
  assert.deepEqual(outbox.takeStale(STALE_MS), []);
});
