import assert from "node:assert/strict";
import { afterEach, mock, test } from "node:test";
import { Polling } from "./polling.ts";

const fetched = globalThis.fetch;
afterEach(() => {
  globalThis.fetch = fetched;
  mock.timers.reset();
});

/** A way by long poll to a server that answers each poll at once, with these frames; what is heard of it is told. */
function polling(answers) {
  const [asked, told] = [[], []];
  globalThis.fetch = async (address) => {
    asked.push(address);
    assert.ok(asked.length < 10, "it is asked again and again");
    return Response.json({ frames: answers(asked.length) });
  };
  const way = new Polling("/live", () => ({ at: [], watch: [] }), {
    opened: () => told.push("opened"),
    heard: ({ type }) => told.push(type),
    closed: (code) => told.push(code),
  });
  return { way, asked, told };
}

/** All that happens without a timer has happened. */
async function settled() {
  for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
}

test("a server that says it goes is not asked again on this way", async () => {
  const bye = { type: "bye", after_ms: 3_000 };
  const first = polling(() => [bye]);
  await settled();
  assert.deepEqual([first.asked.length, first.told], [1, ["bye", 4100]]);
  const later = polling((count) => (count > 1 ? [bye] : []));
  await settled();
  assert.deepEqual([later.asked.length, later.told], [2, ["opened", "welcome", "bye", 4100]]);
});

test("a stream that is away for a moment is asked for when the server says, and not once the way is left", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const away = { type: "error", code: "unavailable", message: "Un instant.", retry_after_ms: 2_000 };
  const { way, asked, told } = polling(() => [away]);
  await settled();
  assert.deepEqual([asked.length, told], [1, ["error", "opened", "welcome"]]);
  mock.timers.tick(1_999);
  await settled();
  assert.equal(asked.length, 1);
  mock.timers.tick(1);
  await settled();
  assert.equal(asked.length, 2);
  way.drop();
  mock.timers.tick(10_000);
  await settled();
  assert.equal(asked.length, 2);
});
