// The live discussion under faults of the network, of the server and of the browser: what is written arrives once and in
// order.
import assert from "node:assert/strict";
import { test } from "node:test";
import { NADIA, box, context, folder, makeThread, nadia, open, proxy, say, server, shown, shows, stage, startServer, stored } from "./stage.mjs";
import { client } from "./support.mjs";

stage();

test("ten seconds offline on both sides lose, double and reorder nothing, and are told", { timeout: 90_000 }, async () => {
  const thread = await makeThread(1);
  const [mine, hers] = [await context(), await context(NADIA)];
  const [camilles, nadias] = [await open(mine, thread), await open(hers, thread)];
  const began = Date.now();
  proxy.cut();
  for (const [page, name] of [[camilles, "c"], [nadias, "n"]]) for (const number of [1, 2, 3]) await say(page, `${name}${number}`);
  await camilles.locator("#connection-status span", { hasText: "Connexion interrompue. Ce que vous écrivez est conservé" }).waitFor();
  assert.ok(Date.now() - began >= 4_500, "not before five seconds");
  assert.deepEqual((await shown(camilles)).unsent, ["c1", "c2", "c3"]);
  await camilles.waitForFunction((until) => Date.now() > until, began + 10_000);
  proxy.heal();
  await camilles.waitForFunction(() => !document.querySelector(".message--unsent"), undefined, { timeout: 40_000 });
  await nadias.waitForFunction(() => !document.querySelector(".message--unsent"), undefined, { timeout: 40_000 });
  const all = await stored(thread);
  assert.deepEqual([...all.slice(2)].sort(), ["c1", "c2", "c3", "n1", "n2", "n3"]);
  for (const name of ["c", "n"]) assert.deepEqual(all.filter((body) => body.startsWith(name)), [1, 2, 3].map((number) => `${name}${number}`));
  for (const page of [camilles, nadias]) {
    await shows(page, all);
    assert.equal(await page.locator("#connection-status span:visible").count(), 0, "the strip is gone");
  }
  await mine.close();
  await hers.close();
});

test("an ack that is lost, and a network that goes silent, send nothing twice", { timeout: 90_000 }, async () => {
  const thread = await makeThread(1);
  const mine = await context();
  const page = await open(mine, thread);
  proxy.drop();
  await say(page, "sans réponse");
  // It was stored, and nobody heard.
  const beside = await client({ url: server.url, data: folder.data }, NADIA);
  const bodies = async () => (await beside.get(`/threads/${thread.id}/messages`)).items.map(({ body }) => body);
  while (!(await bodies()).includes("sans réponse")) await page.evaluate(() => new Promise(requestAnimationFrame));
  assert.deepEqual((await shown(page)).unsent, ["sans réponse"]);
  // Nobody closes anything: the client finds by itself that its ack does not come.
  await page.waitForFunction(() => document.querySelector("#connection-status span:not([hidden])"), undefined, { timeout: 40_000 });
  proxy.heal();
  await shows(page, ["Bonjour", "Message 1", "sans réponse"]);
  proxy.pause();
  await say(page, "dans le vide");
  await page.waitForFunction(() => document.querySelector("#connection-status span:not([hidden])"), undefined, { timeout: 40_000 });
  proxy.heal();
  await shows(page, ["Bonjour", "Message 1", "sans réponse", "dans le vide"]);
  assert.deepEqual(await stored(thread), ["Bonjour", "Message 1", "sans réponse", "dans le vide"]);
  await mine.close();
});

test("a tab that is reloaded, closed or crashes with a full outbox sends all of it once, in order", { timeout: 90_000 }, async () => {
  const thread = await makeThread(0);
  const mine = await context();
  let page = await open(mine, thread);
  proxy.drop();
  for (const number of [1, 2, 3]) await say(page, `n${number}`);
  await box(page).fill("la suite");
  await page.waitForFunction(() => document.querySelectorAll(".message--unsent").length === 3);
  // The first may have been stored: its ack was lost with the page.
  const session = await mine.newCDPSession(page);
  const crashed = page.waitForEvent("crash");
  // Who crashes does not answer.
  session.send("Page.crash").catch(() => {});
  await crashed;
  await page.close();
  proxy.heal();
  // Another page of the product sends it as well as the thread's own.
  page = await mine.newPage();
  await page.goto(`${proxy.url}/groups`);
  const expected = ["Bonjour", "n1", "n2", "n3"];
  while ((await stored(thread)).length < expected.length) await page.evaluate(() => new Promise(requestAnimationFrame));
  assert.deepEqual(await stored(thread), expected);
  await page.goto(thread.url);
  await shows(page, expected);
  proxy.cut();
  for (const number of [4, 5]) await say(page, `n${number}`);
  await box(page).fill("la suite");
  await page.waitForFunction(() => document.querySelectorAll(".message--unsent").length === 2);
  proxy.heal();
  await page.reload();
  await shows(page, [...expected, "n4", "n5"]);
  assert.equal(await box(page).inputValue(), "la suite", "what was being written is kept beside");
  assert.deepEqual(await stored(thread), [...expected, "n4", "n5"]);
  await mine.close();
});

test("a server that is killed and comes back with the same data goes on where it was", { timeout: 180_000 }, async () => {
  const thread = await makeThread(0);
  const mine = await context();
  const page = await open(mine, thread);
  await say(page, "avant");
  await shows(page, ["Bonjour", "avant"]);
  await server.kill();
  await say(page, "pendant");
  await startServer();
  await shows(page, ["Bonjour", "avant", "pendant"]);
  await nadia.post(`/threads/${thread.id}/messages`, { body: "après" });
  await shows(page, ["Bonjour", "avant", "pendant", "après"]);
  await mine.close();
});

test("a machine that slept comes back at once", { timeout: 90_000 }, async () => {
  const thread = await makeThread(0);
  const mine = await context();
  const page = await open(mine, thread);
  // Half-open: the server is gone for this connection, and nobody says so. The clock jumps as after a night.
  proxy.pause();
  await page.evaluate(() => {
    const [real, hours] = [Date.now, 8 * 3600e3];
    Date.now = () => real.call(Date) + hours;
  });
  await page.waitForFunction(() => document.querySelector("#connection-status span:not([hidden])"), undefined, { timeout: 40_000 });
  proxy.heal();
  await page.evaluate(() => dispatchEvent(new Event("online")));
  await nadia.post(`/threads/${thread.id}/messages`, { body: "au réveil" });
  await page.locator(".message__body", { hasText: "au réveil" }).waitFor({ timeout: 5_000 });
  await mine.close();
});

test("a network that lets no socket through delays nothing but a little", { timeout: 90_000 }, async () => {
  const thread = await makeThread(0);
  const mine = await context();
  const page = await open(mine, thread);
  proxy.cutSockets();
  const polled = page.waitForResponse(/\/live\/poll/, { timeout: 60_000 });
  await say(page, "par la poste");
  assert.equal((await polled).status(), 200);
  await shows(page, ["Bonjour", "par la poste"]);
  await nadia.post(`/threads/${thread.id}/messages`, { body: "bien reçu" });
  await shows(page, ["Bonjour", "par la poste", "bien reçu"]);
  await page.locator("#announcer", { hasText: "bien reçu" }).waitFor({ state: "attached" });
  await say(page, "merci");
  await shows(page, ["Bonjour", "par la poste", "bien reçu", "merci"]);
  await mine.close();
});

test("a service that is away for a moment is asked again, under the same id", { timeout: 90_000 }, async () => {
  const thread = await makeThread(0);
  const mine = await context();
  const page = await mine.newPage();
  const tries = [];
  await page.routeWebSocket(/\/live\?/, (socket) => {
    const upstream = socket.connectToServer();
    socket.onMessage((text) => {
      const frame = JSON.parse(text);
      if (frame.type !== "send") return upstream.send(text);
      tries.push(frame.message.id);
      if (tries.length > 2) upstream.send(text);
      else socket.send(JSON.stringify({ type: "error", id: frame.id, code: "unavailable", message: "Un instant.", retry_after_ms: 300 }));
    });
  });
  await page.goto(thread.url);
  await say(page, "au troisième essai");
  await shows(page, ["Bonjour", "au troisième essai"]);
  assert.deepEqual([tries.length, new Set(tries).size], [3, 1]);
  await mine.close();
});

test("a browser that keeps nothing sends from memory", { timeout: 90_000 }, async () => {
  const thread = await makeThread(0);
  const mine = await context();
  await mine.addInitScript(() => {
    IDBFactory.prototype.open = () => {
      throw new DOMException("refused", "SecurityError");
    };
    Storage.prototype.setItem = () => {
      throw new DOMException("refused", "QuotaExceededError");
    };
  });
  const page = await open(mine, thread);
  proxy.cut();
  for (const text of ["un", "deux"]) await say(page, text);
  await page.waitForFunction(() => document.querySelectorAll(".message--unsent").length === 2);
  proxy.heal();
  await shows(page, ["Bonjour", "un", "deux"]);
  await mine.close();
});

test("a page that breaks off while it is fetched anew is fetched until it is there", { timeout: 90_000 }, async () => {
  const thread = await makeThread(0);
  const mine = await context();
  const page = await open(mine, { url: `${proxy.url}/` });
  const broken = proxy.breakOff();
  await nadia.post(`/channels/${thread.channel.id}/threads`, { title: "Pendant la coupure", body: "Bonjour" });
  await broken;
  await page.locator("main", { hasText: "Pendant la coupure" }).waitFor();
  await nadia.post(`/channels/${thread.channel.id}/threads`, { title: "Après la coupure", body: "Bonjour" });
  await page.locator("main", { hasText: "Après la coupure" }).waitFor();
  await mine.close();
});

test("how far one has read, lost on the way, is told again over the next connection", { timeout: 90_000 }, async () => {
  const thread = await makeThread(0);
  const mine = await context();
  const page = await mine.newPage();
  const told = [];
  let moved;
  const known = new Promise((resolve) => (moved = resolve));
  await page.routeWebSocket(/\/live\?/, (socket) => {
    const upstream = socket.connectToServer();
    socket.onMessage((text) => {
      const { type, position } = JSON.parse(text);
      if (type === "read" && told.push(position) === 1) return void Promise.all([socket.close(), upstream.close()]);
      upstream.send(text);
    });
    upstream.onMessage((text) => {
      const { kind, data } = JSON.parse(text);
      if (kind === "read.moved" && data.thread === thread.id && data.position === 2) moved();
      socket.send(text);
    });
  });
  await page.goto(thread.url);
  await nadia.post(`/threads/${thread.id}/messages`, { body: "à lire" });
  await page.locator(".message__body", { hasText: "à lire" }).waitFor();
  await known;
  assert.deepEqual(told, [2, 2]);
  await mine.close();
});
