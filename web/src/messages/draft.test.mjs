import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { Keeper, merged } from "./draft.ts";

let asked;
let refused;

beforeEach(() => {
  [asked, refused] = [[], false];
  globalThis.fetch = async (address, { method, body }) => {
    asked.push([method, address, body && JSON.parse(body).body]);
    return { ok: !refused, json: async () => ({ updated_at: `v${asked.length}` }) };
  };
});

/** Lets all that was promised happen. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

test("of two texts the newer one goes on, and the other is not lost", () => {
  const at = Date.parse("2026-11-27T10:00:00Z");
  const kept = new Date(at).toISOString();
  assert.deepEqual(merged(undefined, "là", kept), { text: "là" });
  assert.deepEqual(merged({ id: "a", text: "ici", at }, "", ""), { text: "ici" });
  assert.deepEqual(merged({ id: "a", text: "là", at }, "là", kept), { text: "là" });
  assert.deepEqual(merged({ id: "a", text: "là et encore", at, kept }, "là", kept), { text: "là et encore" }, "it goes on from the server's");
  assert.deepEqual(merged({ id: "a", text: "ici", at: at + 1 }, "là", kept), { text: "ici", other: "là" });
  assert.deepEqual(merged({ id: "a", text: "ici", at: at - 1 }, "là", kept), { text: "là", other: "ici" });
  assert.deepEqual(merged({ id: "a", text: "ici", at: at + 1 }, "refusé", ""), { text: "refusé", other: "ici" }, "what was just typed is shown");
});

test("the server is told after a pause, once, and what it says is shown", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const said = [];
  const keeper = new Keeper("/threads/t", "", (saved) => said.push(saved));
  for (const body of ["b", "bo", "bon"]) keeper.change({ id: "m", body });
  mock.timers.tick(1_999);
  await settled();
  assert.deepEqual(asked, []);
  mock.timers.tick(1);
  await settled();
  assert.deepEqual(asked, [["PUT", "/api/v1/threads/t/draft", "bon"]]);
  assert.deepEqual([said.at(-1), keeper.kept], ["saved", "v1"]);
  refused = true;
  keeper.change({ id: "m", body: "bonj" });
  keeper.flush();
  await settled();
  assert.equal(said.at(-1), "here", "what the server does not take is kept here");
  mock.timers.reset();
});

test("what is sent is bound to its message, and forgotten once that is stored", async () => {
  const keeper = new Keeper("/threads/t", "v0", () => undefined);
  keeper.sent({ id: "m", body: "repris" });
  await settled();
  assert.deepEqual(asked, [["PUT", "/api/v1/threads/t/draft", "repris"]], "another draft is there");
  keeper.stored("m");
  await settled();
  assert.deepEqual(asked.at(-1), ["DELETE", "/api/v1/threads/t/draft?id=m", undefined]);
  const fresh = new Keeper("/threads/t", "", () => undefined);
  asked = [];
  fresh.sent({ id: "n", body: "vite" });
  fresh.stored("n");
  await settled();
  assert.deepEqual(asked, [], "nothing was kept of what is sent at once");
});
