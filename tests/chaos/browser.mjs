// A reader in a real browser: opens a page through the failing network, and keeps it open. Told `compare`, it holds what
// the page has become against the same page opened afresh, and prints what each shows and how long it took until both
// showed the same, as one line of JSON.
// Arguments: the address of the server, the secret of a session, the path of a thread's page.
import { createInterface } from "node:readline";
import { startBrowser } from "../browser/support.mjs";

const [url, secret, path] = process.argv.slice(2);
/** The page's own client waits for at most half a minute before it comes back. */
const PATIENCE_MS = 45_000;
/** How many messages at the end of the list are compared: a fresh page shows the last fifty. */
const LAST = 40;

/** What a reader sees of messages and of rows, by id, in their order; without what is marked for this reader alone. */
function shown(last) {
  const text = (element, selector) => element.querySelector(selector)?.textContent?.replace(/\s+/g, " ").trim() ?? "";
  const messages = [...document.querySelectorAll("section[data-thread] li[data-position]")].slice(-last).map((item) => [
    item.id,
    item.dataset.position,
    text(item, ".message__author"),
    item.querySelector(".message__body")?.innerHTML ?? text(item, ".message__removed"),
    text(item, ".message__reactions"),
    item.querySelectorAll(".message__head > .tiny").length,
  ]);
  const rows = [...document.querySelectorAll("li[data-last-position]")].map((item) => [
    item.id,
    item.dataset.lastPosition,
    text(item, ".thread-row__title"),
    text(item, ".thread-row__extract"),
  ]);
  return [...messages, ...rows].map((part) => JSON.stringify(part));
}

async function open(context) {
  const page = await context.newPage();
  for (const until = Date.now() + PATIENCE_MS; ; ) {
    const answer = await page.goto(url + path, { waitUntil: "load", timeout: 5_000 }).catch(() => undefined);
    if (answer?.ok() && (await page.locator("section[data-thread]").count()) === 1) return page;
    if (Date.now() > until) throw new Error(`${path} does not open: ${answer?.status()}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

const browser = await startBrowser();
try {
  const context = await browser.newContext({ locale: "fr-FR" });
  await context.addCookies([{ name: "session", value: secret, url }]);
  const page = await open(context);
  console.log("open");
  for await (const line of createInterface({ input: process.stdin })) {
    if (line !== "compare") continue;
    let live, fresh, ms;
    const began = Date.now();
    do {
      ms = Date.now() - began;
      const other = await open(context);
      fresh = await other.evaluate(shown, LAST);
      await other.close();
      live = await page.evaluate(shown, LAST);
      if (JSON.stringify(live) === JSON.stringify(fresh)) break;
      await new Promise((resolve) => setTimeout(resolve, 500));
    } while (ms < PATIENCE_MS);
    console.log(JSON.stringify({ live, fresh, ms }));
  }
} finally {
  await browser.close();
}
