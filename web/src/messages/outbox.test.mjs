import assert from "node:assert/strict";
import { test } from "node:test";
import { Outbox, STALE_MS } from "./outbox.ts";
import { either, memory } from "./store.ts";

/** The lock of a browser: one holder at a time for each name, in the order of asking. */
function locks() {
  const last = new Map();
  return (name, work) => {
    const turn = (last.get(name) ?? Promise.resolve()).then(work);
    last.set(name, turn.catch(() => undefined));
    return turn;
  };
}

/** What the tabs of one browser share, and a tab of it. */
function browser() {
  const shared = { store: memory(), alone: locks(), time: 0 };
  const tab = (attempt, person = "camille") => {
    const told = [];
    const tell = ({ id }, change) => told.push(`${id} ${change}`);
    return { outbox: new Outbox(person, shared.store, shared.alone, attempt, tell, () => shared.time), told };
  };
  return { shared, tab };
}

const message = (id, thread = "t") => ({ id, thread, body: `body of ${id}` });
const stored = async () => ({ kind: "stored" });
const unknown = async () => ({ kind: "unknown" });
const ids = async (outbox) => (await outbox.list()).map(({ id }) => id);

test("a message is kept before it is tried, and forgotten once it is stored", async () => {
  const { tab } = browser();
  let kept;
  const { outbox, told } = tab(async () => {
    kept = await ids(outbox);
    return { kind: "stored" };
  });
  await outbox.add(message("a"));
  assert.deepEqual(kept, ["a"]);
  assert.deepEqual(await ids(outbox), []);
  assert.deepEqual(told, ["a waits", "a stored"]);
});

test("the messages of a thread go in order, one at a time, also from several tabs", async () => {
  const { tab } = browser();
  let under_way = 0;
  const sent = [];
  const attempt = async ({ id }) => {
    assert.equal(++under_way, 1, "one in flight");
    for (let step = 0; step < 5; step++) await null;
    sent.push(id);
    under_way--;
    return { kind: "stored" };
  };
  const [one, two] = [tab(attempt), tab(attempt)];
  await Promise.all(["a", "b", "c", "d"].map((id, index) => (index % 2 ? one : two).outbox.add(message(id))));
  assert.deepEqual(sent, ["a", "b", "c", "d"]);
});

test("what one thread waits for holds up no other", async () => {
  const { tab } = browser();
  const { outbox, told } = tab(async ({ thread }) => ({ kind: thread === "slow" ? "unknown" : "stored" }));
  await outbox.add(message("a", "slow"));
  await outbox.add(message("b", "quick"));
  assert.deepEqual(told, ["a waits", "b waits", "b stored"]);
});

test("an attempt that tells nothing keeps the message and those after it, for the next tab too", async () => {
  const { tab } = browser();
  const first = tab(unknown).outbox;
  for (const id of ["a", "b"]) await first.add(message(id));
  const { outbox, told } = tab(stored);
  await outbox.flush();
  assert.deepEqual(told, ["a stored", "b stored"]);
});

test("a refused message is kept with its text and the reason, and the next one goes on", async () => {
  const { tab } = browser();
  let open = false;
  const { outbox, told } = tab(async ({ id }) => (id === "a" && !open ? { kind: "refused", message: "archivé" } : { kind: "stored" }));
  for (const id of ["a", "b"]) await outbox.add(message(id));
  const [{ body, failed }] = await outbox.list();
  assert.deepEqual([body, failed], ["body of a", "archivé"]);
  await outbox.flush();
  assert.deepEqual(told, ["a waits", "a failed", "b waits", "b stored"], "it is not tried again by itself");
  open = true;
  await outbox.resend("a");
  assert.deepEqual(told.slice(4), ["a waits", "a stored"]);
});

test("what is older than ten minutes is sent again only when asked, under the same id", async () => {
  const { tab, shared } = browser();
  await tab(unknown).outbox.add(message("a"));
  shared.time = STALE_MS;
  const sent = [];
  const { outbox, told } = tab(async ({ id }) => (sent.push(id), { kind: "stored" }));
  await outbox.flush();
  assert.deepEqual([sent, told], [[], ["a failed"]]);
  await outbox.resend("a");
  assert.deepEqual(sent, ["a"]);
});

test("a message that is taken back while it is on its way does not come back", async () => {
  const { tab } = browser();
  let refuse;
  const { outbox } = tab(() => new Promise((resolve) => (refuse = resolve)));
  const adding = outbox.add(message("a"));
  while (!refuse) await null;
  assert.equal((await outbox.take("a")).body, "body of a");
  refuse({ kind: "refused", message: "no" });
  await adding;
  assert.deepEqual(await ids(outbox), []);
});

test("nobody sends what somebody else wrote with the same browser", async () => {
  const { tab } = browser();
  await tab(unknown).outbox.add(message("a"));
  const nadia = tab(assert.fail, "nadia").outbox;
  await nadia.flush();
  assert.deepEqual(await ids(nadia), []);
});

test("an attempt that throws lets the next one begin", async () => {
  const { tab } = browser();
  let broken = true;
  const { outbox, told } = tab(async () => {
    if (broken) throw new Error("network");
    return { kind: "stored" };
  });
  await assert.rejects(outbox.add(message("a")));
  broken = false;
  await outbox.flush();
  assert.deepEqual(told, ["a waits", "a stored"]);
});

test("a browser that refuses its database keeps from memory", async () => {
  const refusing = { all: () => Promise.reject(), put: () => Promise.reject(), remove: () => Promise.reject() };
  for (const store of [either(Promise.reject(new Error("private"))), either(Promise.resolve(refusing))]) {
    const [a, b] = [{ id: "a" }, { id: "b" }];
    await store.put(a);
    await store.put(b);
    await store.put({ ...a, failed: "" });
    assert.deepEqual(await store.all(), [{ id: "a", failed: "" }, b]);
    await store.remove(a);
    assert.deepEqual(await store.all(), [b]);
  }
});

/** A disk that takes no more changes from when it is `full`; it goes on telling what it holds. */
function disk() {
  const held = memory();
  const store = { full: false, all: held.all };
  for (const change of ["put", "remove"]) {
    store[change] = (waiting) => (store.full ? Promise.reject(new Error("quota")) : held[change]({ ...waiting }));
  }
  return store;
}

/** An outbox over a disk, which notes what it tries and gives up after ten times. */
function over(store, answer, now = () => 0) {
  const tried = [];
  const attempt = async ({ id }) => {
    assert.ok(tried.push(id) < 10, "it is tried again and again");
    return answer(id);
  };
  return { outbox: new Outbox("camille", either(Promise.resolve(store)), locks(), attempt, () => {}, now), tried };
}

test("a disk that refuses changes makes nothing be sent again and again", { timeout: 5_000 }, async () => {
  for (const kind of ["refused", "stored"]) {
    const store = disk();
    const { outbox, tried } = over(store, () => ({ kind: store.full ? kind : "unknown", message: "archivé" }));
    await outbox.add(message("a"));
    store.full = true;
    await outbox.flush();
    await outbox.flush();
    assert.deepEqual(tried, ["a", "a"], kind);
    assert.deepEqual((await outbox.list()).map(({ failed }) => failed), kind === "refused" ? ["archivé"] : []);
  }
});

test("what waited too long is not looked at for ever, where the disk refuses to note it", { timeout: 5_000 }, async () => {
  const store = disk();
  let [time, looks] = [0, 0];
  const now = () => (assert.ok(looks++ < 10, "it is looked at again and again"), time);
  const { outbox } = over(store, () => ({ kind: "unknown" }), now);
  await outbox.add(message("a"));
  [store.full, time] = [true, STALE_MS];
  await outbox.flush();
  assert.deepEqual((await outbox.list()).map(({ failed }) => failed), [""]);
});

test("what memory took while the disk refused goes before what the disk took later", async () => {
  const store = disk();
  let time = 0;
  let away = true;
  const { outbox, tried } = over(store, () => ({ kind: away ? "unknown" : "stored" }), () => time++);
  for (const id of ["a", "b", "c"]) {
    store.full = id === "b";
    await outbox.add(message(id));
  }
  store.full = away = false;
  tried.length = 0;
  await outbox.flush();
  assert.deepEqual(tried, ["a", "b", "c"]);
  assert.deepEqual(await outbox.list(), []);
});

test("files stay with their message until it is stored, over reloads and sendings again", async () => {
  const { tab } = browser();
  const files = [{ id: "f", name: "grille.pdf", size: 12 }];
  const tried = [];
  const attempt = async ({ attachments }) => {
    tried.push(attachments);
    return tried.length < 3 ? { kind: "unknown" } : { kind: "stored" };
  };
  const before = tab(attempt).outbox;
  await before.add({ ...message("a"), attachments: files });
  const after = tab(attempt).outbox;
  assert.deepEqual((await after.list()).map(({ attachments }) => attachments), [files]);
  await after.resend("a");
  await after.flush();
  assert.deepEqual(tried, [files, files, files]);
  assert.deepEqual(await after.list(), []);
});
