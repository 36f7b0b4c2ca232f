import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { fetched } from "./page.ts";

beforeEach(() => mock.timers.enable({ apis: ["setTimeout"] }));

const globals = { fetch: globalThis.fetch, timeout: AbortSignal.timeout };
afterEach(() => {
  globalThis.fetch = globals.fetch;
  AbortSignal.timeout = globals.timeout;
  mock.timers.reset();
});

globalThis.location = { href: "https://preau.example/threads/t" };
globalThis.document = { body: { dataset: { person: "camille" } } };
globalThis.DOMParser = class {
  parseFromString(person) {
    return { body: { dataset: person === "" ? {} : { person } } };
  }
};

/** What breaks off after the headers. */
const broken = () => new Response(new ReadableStream({ start: (body) => body.error(new TypeError("network error")) }));

/** What is fetched from a server that answers so, one after the other, and how often it was asked. */
async function over(answers) {
  let asked = 0;
  globalThis.fetch = async (_, { signal } = {}) => answers[asked++](signal);
  let page;
  const fetching = fetched().then((fetched) => (page = fetched));
  for (let turn = 0; turn < 200 && page === undefined; turn++) {
    await Promise.race([fetching, new Promise((resolve) => setImmediate(resolve))]);
    mock.timers.tick(1_000);
  }
  return { page, asked };
}

test("a page that cannot be had, or breaks off midway, is fetched again", async () => {
  const refused = () => Promise.reject(new TypeError("Failed to fetch"));
  const away = () => new Response("", { status: 503 });
  const { page, asked } = await over([refused, away, broken, () => new Response("camille")]);
  assert.deepEqual([page?.body.dataset.person, asked], ["camille", 4]);
});

test("a page that does not come in time is fetched again", async () => {
  const patience = new AbortController();
  AbortSignal.timeout = () => patience.signal;
  const silent = (signal) => new Promise((_, reject) => {
    signal?.addEventListener("abort", () => reject(signal.reason));
    patience.abort();
  });
  const { page, asked } = await over([silent, () => new Response("camille")]);
  assert.deepEqual([page?.body.dataset.person, asked], ["camille", 2]);
});

test("a page of somebody else is not taken over, nor one that asks to sign in, nor one without an address", async () => {
  for (const [answer, expected] of [
    [() => new Response("nadia"), "foreign"],
    [() => new Response(""), "kept"],
    [() => new Response("", { status: 405 }), "kept"],
  ]) {
    assert.equal((await over([answer])).page, expected);
  }
});
