// The live discussion under faults: what is written arrives once and in order, what is read stays where it is, and what
// goes wrong is said.
import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { startProxy } from "./proxy.mjs";
import { client, dataFolder, following, serve, signIn, startBrowser, violations } from "./support.mjs";

// Sign-ins are counted, and these tests sign many in.
process.env.PREAU_RATE_LIMITS = "off";
const CAMILLE = "camille.delattre@lille.example";
const NADIA = "nadia.verhaeghe@loos.example";
const ETIENNE = "etienne.caron@irev.example";

let folder;
let proxy;
let server;
let browser;
let etienne;
let nadia;
let camille;

before(async () => {
  [folder, proxy, browser] = [dataFolder(), await startProxy(), await startBrowser()];
  await startServer();
  [etienne, nadia, camille] = await Promise.all([ETIENNE, NADIA, CAMILLE].map((email) => client({ url: proxy.url, data: folder.data }, email)));
});

after(async () => {
  await browser?.close();
  await proxy?.close();
  await server?.stop();
  folder?.remove();
});

afterEach(() => proxy?.heal());

async function startServer() {
  server = await serve(folder.data, "--demo", "--public-url", proxy.url);
  proxy.to(server.url);
}

/** A thread of their own for Camille and Nadia, with so many messages. */
async function makeThread(count = 3) {
  const group = await etienne.post("/groups", { name: `Essais ${crypto.randomUUID().slice(0, 8)}`, purpose: "", access: "invite" });
  for (const { id } of [camille, nadia]) await etienne.post(`/groups/${group.id}/members`, { user: id, role: "member" });
  const channel = await etienne.post(`/groups/${group.id}/channels`, { name: "Salon", purpose: "" });
  const thread = await etienne.post(`/channels/${channel.id}/threads`, { title: "Essai", body: "Bonjour" });
  const messages = [thread.message];
  for (let number = 1; number <= count; number++) messages.push(await nadia.post(`/threads/${thread.id}/messages`, { body: `Message ${number}` }));
  return { group, channel, id: thread.id, messages, url: `${proxy.url}/threads/${thread.id}` };
}

/** A browser context in which somebody is signed in. */
async function context(email = CAMILLE, options = {}) {
  const context = await browser.newContext({ locale: "fr-FR", viewport: { width: 1360, height: 700 }, ...options });
  context.setDefaultTimeout(15_000);
  const page = await context.newPage();
  await signIn(page, { url: proxy.url }, email);
  await page.close();
  return context;
}

/** A tab of a context that shows a thread, live. */
async function open(context, { url }) {
  const page = await context.newPage();
  const live = following(page);
  await page.goto(url);
  await live();
  return page;
}

const box = (page) => page.getByLabel("Votre réponse");

async function say(page, text) {
  await box(page).fill(text);
  await page.keyboard.press("Control+Enter");
}

/** The bodies that a page shows as stored, and those that it does not. */
const shown = (page) =>
  page.evaluate(() => {
    const bodies = (selector) => [...document.querySelectorAll(`.thread__messages > ${selector} .message__body`)].map((body) => body.textContent.trim());
    return { stored: bodies("[data-position]"), unsent: bodies(".message--unsent") };
  });

/** Waits until a page shows exactly these bodies as stored, and nothing as unsent. */
async function shows(page, expected) {
  const same = (expected) =>
    JSON.stringify([...document.querySelectorAll(".thread__messages > li .message__body")].map((body) => body.textContent.trim())) === expected &&
    document.querySelector(".message--unsent") === null;
  await page.waitForFunction(same, JSON.stringify(expected), { timeout: 60_000 }).catch(() => {});
  assert.deepEqual(await shown(page), { stored: expected, unsent: [] });
}

/** The bodies of a thread, as the API tells them. */
const stored = async (thread) => (await nadia.get(`/threads/${thread.id}/messages?limit=200`)).items.map(({ body }) => body);

test("what others say moves neither the focus, nor what is read, nor what is typed, and is announced once", { timeout: 90_000 }, async () => {
  const thread = await makeThread(30);
  const mine = await context();
  const page = await open(mine, thread);
  await box(page).fill("en cours");
  const second = thread.messages[12].id;
  await page.evaluate((id) => {
    document.querySelector(`#message-${id}`).scrollIntoView({ block: "center" });
    document.querySelector(`#message-${id} .message__actions`).focus({ preventScroll: true });
    globalThis.said = [];
    new MutationObserver(() => globalThis.said.push(document.querySelector("#announcer").textContent)).observe(
      document.querySelector("#announcer"), { childList: true, characterData: true, subtree: true });
  }, second);
  const place = () =>
    page.evaluate((id) => [`${document.activeElement.closest("li").id} ${document.activeElement.className}`, document.querySelector(`#message-${id}`).getBoundingClientRect().top, document.querySelector("#body").value], second);
  const before = await place();
  for (const text of ["un", "deux", "trois"]) await nadia.post(`/threads/${thread.id}/messages`, { body: text });
  await page.locator(".message__body", { hasText: "trois" }).waitFor();
  // An edit above what is read, and a reaction to what has the focus.
  await etienne.patch(`/messages/${thread.messages[0].id}`, { body: "Bonjour\n\nà\n\ntoutes\n\net à tous" });
  await nadia.put(`/messages/${second}/reactions/thanks`);
  await page.getByText("Merci 1").waitFor();
  await page.getByText("et à tous").first().waitFor();
  const now = await place();
  assert.deepEqual([now[0], now[2]], [before[0], before[2]]);
  assert.ok(Math.abs(now[1] - before[1]) < 2, `moved from ${before[1]} to ${now[1]}`);
  await page.waitForFunction(() => globalThis.said.length > 0);
  assert.deepEqual(await page.evaluate(() => globalThis.said), ["3 nouveaux messages"]);
  await page.locator("#latest", { hasText: "3 nouveaux messages" }).waitFor();
  assert.equal(await page.getByRole("button", { name: /aller en bas/ }).count(), 1);
  // Removed while it has the focus, the focus stays where it was rather than nowhere.
  await nadia.delete(`/messages/${second}`);
  await page.locator(`#message-${second}`, { hasText: "Message retiré" }).waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.closest("li")?.id), `message-${second}`);
  await mine.close();
});

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
  while (!(await direct(thread)).includes("sans réponse")) await page.evaluate(() => new Promise(requestAnimationFrame));
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

/** The bodies of a thread, asked beside the proxy. */
async function direct(thread) {
  const own = await client({ url: server.url, data: folder.data }, NADIA);
  return (await own.get(`/threads/${thread.id}/messages`)).items.map(({ body }) => body);
}

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

test("two tabs of one person show what either says once, and keep what each is writing", { timeout: 90_000 }, async () => {
  const thread = await makeThread(0);
  const mine = await context();
  const [one, two] = [await open(mine, thread), await open(mine, thread)];
  await box(two).fill("dans l’autre");
  proxy.cut();
  const expected = ["Bonjour"];
  for (const number of [1, 2, 3, 4]) {
    const page = number % 2 ? one : two;
    await say(page, `n${number}`);
    // Each waits for the other's to be kept, so that there is an order to hold.
    for (const tab of [one, two]) await tab.waitForFunction((count) => document.querySelectorAll(".message--unsent").length === count, number);
    expected.push(`n${number}`);
  }
  await box(one).fill("ici");
  await box(two).fill("là");
  proxy.heal();
  for (const page of [one, two]) await shows(page, expected);
  assert.deepEqual(await stored(thread), expected);
  assert.deepEqual([await box(one).inputValue(), await box(two).inputValue()], ["ici", "là"]);
  await mine.close();
});

test("who writes is shown to who chose to see it, in a line that is there already, until it arrives or they choose otherwise", { timeout: 90_000 }, async () => {
  const thread = await makeThread(0);
  const choose = (person, name, typing) => person.form("/settings", { name, locale: "fr", theme: "system", ...(typing && { typing: "true" }) });
  await choose(nadia, "Nadia Verhaeghe", true);
  await choose(camille, "Camille Delattre", true);
  const [hers, mine] = [await context(NADIA), await context()];
  const [writing, reading] = [await open(hers, thread), await open(mine, thread)];
  const place = () => box(reading).boundingBox();
  const before = await place();
  await reading.evaluate(() => {
    globalThis.told = [];
    const line = document.querySelector("[data-typing]");
    new MutationObserver(() => line.textContent && told.push(line.textContent)).observe(line, { childList: true });
  });
  await box(writing).pressSequentially("Je pense");
  await reading.waitForFunction(() => document.querySelector("[data-typing]").textContent === "Nadia Verhaeghe écrit…");
  assert.deepEqual(await place(), before, "nothing moves");
  assert.equal(await reading.locator("#announcer").textContent(), "", "and nothing is read out");
  assert.deepEqual(await violations(reading), []);
  assert.equal(await writing.locator("[data-typing]").textContent(), "", "one is not told of oneself");
  await writing.keyboard.press("Control+Enter");
  await shows(reading, ["Bonjour", "Je pense"]);
  assert.equal(await reading.locator("[data-typing]").textContent(), "");
  await choose(nadia, "Nadia Verhaeghe", false);
  await writing.waitForFunction(() => document.querySelector("[data-typing]") === null);
  await box(writing).pressSequentially("Et encore");
  await writing.keyboard.press("Control+Enter");
  await shows(reading, ["Bonjour", "Je pense", "Et encore"]);
  assert.deepEqual(await reading.evaluate(() => told), ["Nadia Verhaeghe écrit…"]);
  await choose(camille, "Camille Delattre", false);
  for (const context of [hers, mine]) await context.close();
});

test("a server that is killed and comes back with the same data goes on where it was", { timeout: 90_000 }, async () => {
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
  const began = performance.now();
  await nadia.post(`/threads/${thread.id}/messages`, { body: "au réveil" });
  await page.locator(".message__body", { hasText: "au réveil" }).waitFor({ timeout: 5_000 });
  assert.ok(performance.now() - began < 5_000);
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

test("a session that ends says so, keeps what was typed, and is taken up again by signing in elsewhere", { timeout: 90_000 }, async () => {
  const thread = await makeThread(0);
  const mine = await context();
  const page = await open(mine, thread);
  await box(page).fill("à moitié écrit");
  const other = await mine.newPage();
  await other.goto(`${proxy.url}/settings`);
  await other.getByRole("button", { name: /déconnecter/i }).first().click();
  await page.locator("#connection-status", { hasText: "Votre session a pris fin" }).waitFor();
  await page.getByRole("link", { name: /Me reconnecter/ }).waitFor();
  assert.equal(await box(page).inputValue(), "à moitié écrit");
  await say(page, "envoyé sans session");
  await page.locator(".message--unsent", { hasText: "envoyé sans session" }).waitFor();
  await signIn(other, { url: proxy.url }, CAMILLE);
  await page.evaluate(() => dispatchEvent(new Event("focus")));
  await shows(page, ["Bonjour", "envoyé sans session"]);
  assert.equal(await page.locator("#connection-status span:visible").count(), 0);
  await mine.close();
});

test("what one person wrote is not sent in the name of another who signs in with the same browser", { timeout: 90_000 }, async () => {
  const thread = await makeThread(0);
  const mine = await context();
  const page = await open(mine, thread);
  proxy.cutSockets();
  const other = await mine.newPage();
  await other.goto(`${proxy.url}/settings`);
  await other.getByRole("button", { name: "Me déconnecter" }).click();
  await page.locator("#connection-status", { hasText: "Votre session a pris fin" }).waitFor({ timeout: 60_000 });
  await say(page, "de Camille");
  await signIn(other, { url: proxy.url }, NADIA);
  await page.evaluate(() => dispatchEvent(new Event("focus")));
  // The page is Nadia's now, and holds nothing of Camille's.
  await page.waitForFunction((nadia) => document.body.dataset.person === nadia, nadia.id, { timeout: 60_000 });
  await shows(page, ["Bonjour"]);
  proxy.heal();
  await other.goto(`${proxy.url}/settings`);
  await other.getByRole("button", { name: "Me déconnecter" }).click();
  await signIn(other, { url: proxy.url }, CAMILLE);
  await other.goto(thread.url);
  await shows(other, ["Bonjour", "de Camille"]);
  assert.deepEqual((await nadia.get(`/threads/${thread.id}/messages`)).items.map(({ author }) => author.id), [etienne.id, camille.id]);
  await mine.close();
});

test("who is removed sees the part go, and keeps what was typed", { timeout: 90_000 }, async () => {
  const thread = await makeThread(0);
  const mine = await context();
  const page = await open(mine, thread);
  await box(page).fill("presque fini");
  await etienne.delete(`/groups/${thread.group.id}/members/${camille.id}`);
  await page.getByLabel("Votre texte").waitFor();
  assert.equal(await page.getByLabel("Votre texte").inputValue(), "presque fini");
  assert.equal(await page.locator(".thread__messages").count(), 0);
  assert.equal(await page.locator(`#channels-${thread.group.id}`).count(), 0, "the navigation forgets the group");
  assert.deepEqual(await violations(page), []);
  await mine.close();
});

test("a message that is refused, or waited too long, keeps its text and says what one may do, by the keyboard too", { timeout: 90_000 }, async () => {
  const thread = await makeThread(0);
  const mine = await context();
  const page = await open(mine, thread);
  proxy.cut();
  for (const text of ["premier", "deuxième", "troisième"]) await say(page, text);
  await page.evaluate(() => {
    const real = Date.now;
    Date.now = () => real.call(Date) + 11 * 60e3;
  });
  const failed = (text) => page.locator(".message--failed", { hasText: text });
  for (const text of ["premier", "deuxième", "troisième"]) await failed(text).waitFor({ timeout: 30_000 });
  await page.getByRole("alert").filter({ hasText: "Message non envoyé" }).waitFor();
  await failed("premier").getByText(/Non envoyé — renvoyer/).waitFor();
  proxy.heal();
  // By Shift+Tab from the composer, the actions of what is not sent are the first that one meets.
  await box(page).focus();
  const names = [];
  for (let stop = 0; stop < 3; stop++) {
    await page.keyboard.press("Shift+Tab");
    names.unshift(await page.evaluate(() => document.activeElement.textContent.trim()));
  }
  assert.deepEqual(names, ["Renvoyer", "Reprendre le texte", "Abandonner ce message"]);
  await page.keyboard.press("Enter");
  await failed("troisième").waitFor({ state: "detached" });
  assert.equal(await page.evaluate(() => document.activeElement.id), "body", "who acted goes on writing");
  await failed("deuxième").getByRole("button", { name: "Reprendre le texte" }).press("Enter");
  await page.waitForFunction(() => document.querySelector("#body").value === "deuxième");
  page.once("dialog", (dialog) => dialog.dismiss());
  await failed("premier").getByRole("button", { name: "Abandonner" }).press("Enter");
  await failed("premier").waitFor();
  page.once("dialog", (dialog) => dialog.accept());
  await failed("premier").getByRole("button", { name: "Abandonner" }).press("Enter");
  await shows(page, ["Bonjour", "troisième"]);
  await page.reload();
  await shows(page, ["Bonjour", "troisième"]);
  assert.equal(await box(page).inputValue(), "deuxième");
  await mine.close();
});

test("a message to a channel that was archived meanwhile is refused with the reason, and can be copied", { timeout: 90_000 }, async () => {
  const thread = await makeThread(0);
  const mine = await context();
  const page = await open(mine, thread);
  proxy.cut();
  await say(page, "trop tard");
  const own = await client({ url: server.url, data: folder.data }, ETIENNE);
  await own.patch(`/channels/${thread.channel.id}`, { archived: true });
  proxy.heal();
  const failed = page.locator(".message--failed", { hasText: "trop tard" });
  await failed.getByText("archivé").waitFor({ timeout: 40_000 });
  await failed.getByRole("button", { name: "Reprendre le texte" }).click();
  assert.equal(await page.getByLabel("Votre texte").inputValue(), "trop tard");
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

test("a server that goes says when to come back, and is obeyed", { timeout: 90_000 }, async () => {
  const thread = await makeThread(0);
  const mine = await context();
  const page = await mine.newPage();
  const opened = [];
  await page.routeWebSocket(/\/live\?/, (socket) => {
    opened.push(performance.now());
    socket.connectToServer();
    if (opened.length > 1) return;
    socket.send(JSON.stringify({ type: "bye", after_ms: 3_000 }));
    socket.close({ code: 4100, reason: "" });
  });
  await page.goto(thread.url);
  await say(page, "entre les deux");
  await shows(page, ["Bonjour", "entre les deux"]);
  const pause = opened[1] - opened[0];
  assert.ok(pause >= 2_950 && pause < 6_000, `came back after ${pause} ms`);
  await mine.close();
});

test("an end that coming back would not change is said in a sentence, and the draft is kept", { timeout: 90_000 }, async () => {
  const thread = await makeThread(0);
  const mine = await context();
  for (const [code, sentence] of [
    [4114, "reprise ailleurs"], [4500, "ne reçoit plus"], [4503, "n’a plus accès"], [4526, "mis à jour"],
  ]) {
    const page = await mine.newPage();
    let opened = 0;
    await page.routeWebSocket(/\/live\?/, (socket) => void (opened++, socket.close({ code, reason: "" })));
    await page.goto(thread.url);
    await box(page).fill("en cours");
    await page.locator("#connection-status span:visible", { hasText: sentence }).waitFor();
    await page.evaluate(() => dispatchEvent(new Event("online")));
    assert.deepEqual(await violations(page), []);
    assert.equal(opened, 1, `${code} is not tried again`);
    assert.equal(await box(page).inputValue(), "en cours");
    await page.close();
  }
  await mine.close();
});

test("what is not sent, what failed and the strip can be read by everybody, light and dark, wide and narrow", { timeout: 180_000 }, async () => {
  const thread = await makeThread(1);
  const found = [];
  for (const [colorScheme, width, locale] of [["light", 1360, "fr-FR"], ["dark", 1360, "fr-FR"], ["light", 390, "fr-FR"], ["dark", 390, "fr-FR"]]) {
    const mine = await context(CAMILLE, { colorScheme, locale, viewport: { width, height: 844 } });
    const page = await open(mine, thread);
    proxy.cut();
    await say(page, "Nous avons un modèle, je le retrouve et je vous l’envoie dans la journée.");
    await page.locator("#connection-status span:visible").waitFor();
    const look = async (state) => {
      for (const line of await violations(page)) found.push(`${state} ${colorScheme} ${width}: ${line}`);
      if (await page.evaluate(() => document.documentElement.scrollWidth > innerWidth)) found.push(`${state} ${width}: scrolls sideways`);
      const folder = process.env.PREAU_PICTURES;
      if (folder) await page.screenshot({ path: `${folder}/${state}-${width}-${colorScheme}.png` });
    };
    await look("pending");
    await page.evaluate(() => {
      const real = Date.now;
      Date.now = () => real.call(Date) + 11 * 60e3;
    });
    await page.locator(".message--failed").waitFor({ timeout: 30_000 });
    await page.locator(".message--failed").scrollIntoViewIfNeeded();
    await look("failed");
    page.once("dialog", (dialog) => dialog.accept());
    await page.getByRole("button", { name: "Abandonner" }).click();
    proxy.heal();
    await mine.close();
  }
  assert.deepEqual(found, []);
});
