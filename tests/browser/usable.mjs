// How soon a page is of use to who opens it for the first time, on a slow telephone over a slow line: B16 of the load tests.
// Arguments: the address of a page, and the secret of a session. Prints a line of JSON: a list of visits with the
// script, and one without.
import { startBrowser } from "./support.mjs";

const VISITS = 5;
/** 1.6 Mbit/s with a round trip of 150 ms, in bytes a second and ms; and a processor of a quarter. */
const LINE = { offline: false, latency: 150, downloadThroughput: 200_000, uploadThroughput: 94_000 };
const SLOWER = 4;

/** A visit of somebody who was never there. */
async function visit(browser, address, session, { scripted }) {
  const context = await browser.newContext({ viewport: { width: 390, height: 844 } });
  await context.addCookies([{ name: "session", value: session, url: new URL(address).origin }]);
  const page = await context.newPage();
  const devtools = await context.newCDPSession(page);
  await devtools.send("Network.enable");
  await devtools.send("Network.emulateNetworkConditions", LINE);
  await devtools.send("Emulation.setCPUThrottlingRate", { rate: SLOWER });
  const [kinds, sizes] = [new Map(), new Map()];
  devtools.on("Network.responseReceived", ({ requestId, type }) => kinds.set(requestId, type));
  devtools.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => sizes.set(requestId, encodedDataLength));
  if (!scripted) await context.route("**/*.js", (route) => route.abort());
  await page.addInitScript(() => {
    globalThis.seen = { lcp: 0, long: [] };
    new PerformanceObserver((list) => (globalThis.seen.lcp = list.getEntries().at(-1).startTime)).observe({ type: "largest-contentful-paint", buffered: true });
    new PerformanceObserver((list) => globalThis.seen.long.push(...list.getEntries().map(({ startTime, duration }) => [startTime, duration]))).observe({ type: "longtask", buffered: true });
  });
  const live = new Promise((resolve) => {
    page.on("websocket", (socket) => socket.on("framereceived", ({ payload }) => payload.includes('"live"') && resolve()));
  });
  const began = Date.now();
  await page.goto(address, { waitUntil: "load" });
  if (scripted) await Promise.race([live, new Promise((_, reject) => setTimeout(() => reject(new Error("the page is not live")), 30_000))]);
  const usable = Date.now() - began;
  const { lcp, long } = await page.evaluate(() => globalThis.seen);
  const first = await page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0);
  const messages = await page.locator(".message").count();
  await context.close();
  const weight = (wanted) => [...sizes].filter(([id]) => wanted(kinds.get(id))).reduce((sum, [, size]) => sum + size, 0) / 1024;
  return {
    usable_ms: usable,
    lcp_ms: lcp,
    tbt_ms: long.filter(([at]) => at >= first).reduce((sum, [, lasted]) => sum + Math.max(0, lasted - 50), 0),
    kib: weight((kind) => kind !== "Font"),
    script_kib: weight((kind) => kind === "Script"),
    messages,
  };
}

const [address, session] = process.argv.slice(2);
const browser = await startBrowser();
try {
  const [visits, plain] = [[], []];
  for (let number = 0; number < VISITS; number++) {
    visits.push(await visit(browser, address, session, { scripted: true }));
    plain.push(await visit(browser, address, session, { scripted: false }));
  }
  process.stdout.write(`${JSON.stringify({ visits, plain })}\n`);
} finally {
  await browser.close();
}
