// The stage of the live discussion: a server behind a network with faults, three people, and threads of their own.
import assert from "node:assert/strict";
import { after, afterEach, before } from "node:test";
import { startProxy } from "./proxy.mjs";
import { client, dataFolder, following, serve, signIn, startBrowser } from "./support.mjs";

// Sign-ins are counted, and these tests sign many in.
process.env.PREAU_RATE_LIMITS = "off";
export const CAMILLE = "camille.delattre@lille.example";
export const NADIA = "nadia.verhaeghe@loos.example";
export const ETIENNE = "etienne.caron@irev.example";

export let folder;
export let proxy;
export let server;
export let browser;
export let etienne;
export let nadia;
export let camille;

/** Sets the stage before the tests of a file, and clears it after them. */
export function stage() {
  before(async () => {
    [folder, proxy, browser] = [dataFolder(), await startProxy(), await startBrowser()];
    await startServer();
    const people = [ETIENNE, NADIA, CAMILLE].map((email) => client({ url: proxy.url, data: folder.data }, email));
    [etienne, nadia, camille] = await Promise.all(people);
  });

  after(async () => {
    await browser?.close();
    await proxy?.close();
    await server?.stop();
    folder?.remove();
  });

  afterEach(() => proxy?.heal());
}

/** Starts the server on the same data, behind the same address. */
export async function startServer() {
  server = await serve(folder.data, "--demo", "--public-url", proxy.url);
  proxy.to(server.url);
}

/** A thread of their own for Camille and Nadia, with so many messages. */
export async function makeThread(count = 3) {
  const group = await etienne.post("/groups", { name: `Essais ${crypto.randomUUID().slice(0, 8)}`, purpose: "", access: "invite" });
  for (const { id } of [camille, nadia]) await etienne.post(`/groups/${group.id}/members`, { user: id, role: "member" });
  const channel = await etienne.post(`/groups/${group.id}/channels`, { name: "Salon", purpose: "" });
  const thread = await etienne.post(`/channels/${channel.id}/threads`, { title: "Essai", body: "Bonjour" });
  const messages = [thread.message];
  for (let number = 1; number <= count; number++) messages.push(await nadia.post(`/threads/${thread.id}/messages`, { body: `Message ${number}` }));
  return { group, channel, id: thread.id, messages, url: `${proxy.url}/threads/${thread.id}` };
}

/** A browser context in which somebody is signed in. */
export async function context(email = CAMILLE, options = {}) {
  const context = await browser.newContext({ locale: "fr-FR", viewport: { width: 1360, height: 700 }, ...options });
  context.setDefaultTimeout(15_000);
  const page = await context.newPage();
  await signIn(page, { url: proxy.url }, email);
  await page.close();
  return context;
}

/** A tab of a context that shows a thread, live. */
export async function open(context, { url }) {
  const page = await context.newPage();
  const live = following(page);
  await page.goto(url);
  await live();
  return page;
}

/** Where one writes. */
export const box = (page) => page.getByLabel("Votre réponse");

/** Writes, and sends. */
export async function say(page, text) {
  await box(page).fill(text);
  await page.keyboard.press("Control+Enter");
}

/** The bodies that a page shows as stored, and those that it does not. */
export const shown = (page) =>
  page.evaluate(() => {
    const bodies = (selector) => [...document.querySelectorAll(`.thread__messages > ${selector} .message__body`)].map((body) => body.textContent.trim());
    return { stored: bodies("[data-position]"), unsent: bodies(".message--unsent") };
  });

/** Waits until a page shows exactly these bodies as stored, and nothing as unsent. */
export async function shows(page, expected) {
  const same = (expected) =>
    JSON.stringify([...document.querySelectorAll(".thread__messages > li .message__body")].map((body) => body.textContent.trim())) === expected &&
    document.querySelector(".message--unsent") === null;
  await page.waitForFunction(same, JSON.stringify(expected), { timeout: 60_000 }).catch(() => {});
  assert.deepEqual(await shown(page), { stored: expected, unsent: [] });
}

/** The bodies of a thread, as the API tells them. */
export const stored = async (thread) => (await nadia.get(`/threads/${thread.id}/messages?limit=200`)).items.map(({ body }) => body);
