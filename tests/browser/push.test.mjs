// Notifications on a device: what asks for them, what shows them and where they lead. Browsers of tests reach no push
// service, so that what one would bring is delivered by the browser's own tools.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { signIn, startBrowser, startServer, violations } from "./support.mjs";

const CAMILLE = "camille.delattre@lille.example";
const PAGE = "/settings/notifications";

let server;
let browser;

before(async () => {
  [server, browser] = await Promise.all([startServer(), startBrowser()]);
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

/** Somebody at the page of their devices, in a browser that lets sites notify or not; how often it was asked is counted. */
async function visitor(permissions) {
  const context = await browser.newContext({ locale: "fr-FR", permissions });
  context.setDefaultTimeout(25_000);
  const page = await context.newPage();
  const faults = [];
  page.on("pageerror", (error) => faults.push(String(error)));
  // Windows of tests are private ones, in which this browser says that it subscribes to nothing.
  const known = (line) => line.text().includes("does not support the Push API in incognito mode");
  page.on("console", (line) => line.type() === "error" && !known(line) && faults.push(line.text()));
  await page.addInitScript(() => {
    globalThis.asked = 0;
    const ask = Notification.requestPermission.bind(Notification);
    Notification.requestPermission = () => (globalThis.asked++, ask());
  });
  await signIn(page, server, CAMILLE);
  await page.goto(`${server.url}${PAGE}`);
  return { context, page, faults };
}

/**
 * What brings what a push service would, and answers once the worker has shown it. The browser forgets what it is about to
 * show where a page asks for what is shown meanwhile, so that nobody may ask before.
 */
async function courier(context, page) {
  const tools = await context.newCDPSession(page);
  const known = new Promise((resolve) =>
    tools.on("ServiceWorker.workerRegistrationUpdated", ({ registrations }) => registrations[0] && resolve(registrations[0])),
  );
  await tools.send("ServiceWorker.enable");
  const { registrationId } = await known;
  const worker = context.serviceWorkers()[0];
  await worker.evaluate(() => {
    globalThis.shows = 0;
    const show = registration.showNotification.bind(registration);
    registration.showNotification = async (...said) => {
      await show(...said);
      globalThis.shows++;
    };
  });
  let sent = 0;
  return async (pushed) => {
    await tools.send("ServiceWorker.deliverPushMessage", { origin: server.url, registrationId, data: JSON.stringify(pushed) });
    sent++;
    const count = () => worker.evaluate(() => globalThis.shows);
    for (let tries = 0; tries < 200 && (await count()) < sent; tries++) await page.waitForTimeout(50);
    assert.equal(await count(), sent, "what is pushed is shown, each once");
  };
}

test("the browser is asked after a click only, and what is pushed is shown and leads to its page", { timeout: 120_000 }, async () => {
  const { context, page, faults } = await visitor(["notifications"]);
  await page.getByText("Les notifications ne sont pas activées sur cet appareil").waitFor();
  const registered = () => page.evaluate(async () => (await navigator.serviceWorker.getRegistrations()).map(({ scope }) => scope));
  assert.deepEqual(await registered(), [], "nothing runs before somebody wants it");
  assert.equal(await page.evaluate(() => globalThis.asked), 0, "and nobody is asked");
  assert.deepEqual(await violations(page), []);
  await page.getByRole("button", { name: "Activer sur cet appareil" }).click();
  // No service can be reached from here: what is said then is heard, and it can be tried again.
  await page.locator("[data-push-state=unreachable]").waitFor();
  assert.match(await page.locator("[data-push-said]").textContent(), /pas pu joindre son service/);
  await page.getByRole("button", { name: "Activer sur cet appareil" }).waitFor();
  assert.equal(await page.evaluate(() => globalThis.asked), 1);
  assert.deepEqual(await registered(), [`${server.url}/`]);

  const pushed = { title: "Inès vous mentionne", body: "Évaluation · Bonjour\nÀ vous", url: "/meetings", tag: "one", unseen: 2 };
  const shown = () =>
    page.evaluate(async () => {
      const registration = await navigator.serviceWorker.ready;
      return (await registration.getNotifications()).map(({ title, body, tag, data }) => ({ title, body, tag, url: data.url }));
    });
  const deliver = await courier(context, page);
  await deliver(pushed);
  const { unseen: _, ...visible } = pushed;
  assert.deepEqual(await shown(), [visible]);
  // The same once more replaces itself; another one stands beside it.
  await deliver({ ...pushed, body: "À vous" });
  await deliver({ ...pushed, tag: "two", url: PAGE });
  assert.deepEqual((await shown()).map(({ tag, body }) => [tag, body]).sort(), [["one", "À vous"], ["two", pushed.body]]);

  // A click leads to the tab that shows the page, or opens one. Only a hand could open a window here.
  const worker = context.serviceWorkers()[0];
  const click = (tag) =>
    worker.evaluate(async (tag) => {
      const led = [];
      const tabs = await clients.matchAll({ type: "window", includeUncontrolled: true });
      for (const tab of tabs) tab.focus = async () => led.push(`focus ${new URL(tab.url).pathname}`);
      const matchAll = clients.matchAll;
      clients.matchAll = async () => tabs;
      clients.openWindow = async (address) => led.push(`open ${new URL(address).pathname}`);
      const notification = (await registration.getNotifications({ tag }))[0];
      const event = new NotificationEvent("notificationclick", { notification });
      const ended = new Promise((resolve) => (event.waitUntil = (work) => resolve(work)));
      dispatchEvent(event);
      await (await ended);
      clients.matchAll = matchAll;
      return led;
    }, tag);
  assert.deepEqual(await click("one"), ["open /meetings"]);
  assert.deepEqual(await click("two"), [`focus ${PAGE}`]);
  assert.deepEqual(await shown(), [], "what was clicked is gone");
  assert.deepEqual(faults, [], "the policies of the page let all of it be");
  await context.close();
});

test("who refused is told how to allow it, and is not asked", { timeout: 60_000 }, async () => {
  const { context, page } = await visitor([]);
  await page.getByText("Ce navigateur refuse les notifications de ce site").waitFor();
  assert.equal(await page.getByRole("button", { name: "Activer sur cet appareil" }).count(), 0);
  assert.equal(await page.evaluate(() => globalThis.asked), 0);
  assert.deepEqual(await violations(page), []);
  await context.close();
});
