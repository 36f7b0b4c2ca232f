// A server of its own for the journeys, with the demonstration loaded, and browsers that visit it.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, chmodSync } from "node:fs";
import { createServer } from "node:net";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32, deflateSync } from "node:zlib";
import { chromium } from "playwright-core";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const CHROMIUM = [process.env.PREAU_CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** A port that was free a moment ago. */
function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** An empty data folder that goes with `remove`. */
export function dataFolder() {
  const data = mkdtempSync(join(tmpdir(), "preau-browser-"));
  // The private PostgreSQL of root is another user's.
  chmodSync(data, 0o755);
  return { data, remove: () => rmSync(data, { recursive: true, force: true }) };
}

/** Runs a command of the binary to its end. */
export function run(data, args, env = {}) {
  const child = spawn(process.env.PREAU_BIN, args, { env: { ...process.env, PREAU_LOG: "warn", PREAU_DATA: data, ...env } });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (text) => (stdout += text));
  child.stderr.on("data", (text) => (stderr += text));
  // Not its exit: what it said last may still be on the way then.
  return new Promise((resolve) => child.on("close", (code) => resolve({ code, stdout, stderr })));
}

/** Starts `preau serve` on a folder; resolves once it says all that it says. */
export async function serve(data, ...flags) {
  const port = await freePort();
  const args = ["serve", "--data", data, "--listen", `127.0.0.1:${port}`, ...flags];
  const child = spawn(process.env.PREAU_BIN, args, { env: { ...process.env, PREAU_LOG: "warn" } });
  let output = "";
  child.stderr.on("data", (text) => (output += text));
  await new Promise((resolve, reject) => {
    const patience = setTimeout(() => reject(new Error(`the server does not serve: ${output}`)), 90_000);
    child.stdout.on("data", (text) => {
      output += text;
      if (/sign in, once|nobody has an account/.test(output)) {
        clearTimeout(patience);
        resolve();
      }
    });
    child.on("exit", (code) => reject(new Error(`the server ended (${code}): ${output}`)));
  });
  const end = (signal) =>
    new Promise((resolve) => {
      child.removeAllListeners("exit");
      child.on("exit", resolve);
      child.kill(signal);
    });
  return { url: `http://127.0.0.1:${port}`, output: () => output, stop: () => end("SIGTERM"), kill: () => end("SIGKILL") };
}

/** Starts the binary with the demonstration in an empty folder; resolves once it serves. */
export async function startServer(...flags) {
  const { data, remove } = dataFolder();
  const server = await serve(data, "--demo", ...flags);
  const [, link] = /sign in, once.*?(http\S+)/.exec(server.output());
  return { url: server.url, data, link, stop: () => server.stop().then(remove) };
}

/** A person of the demonstration as a program that speaks to the API. */
export async function client({ url, data }, email) {
  const { code, stdout, stderr } = await run(data, ["token", "create", "--email", email]);
  if (code !== 0) throw new Error(`no token for ${email} (${code}): ${stderr}`);
  const authorization = `Bearer ${stdout.trim().split(/\s+/).pop()}`;
  const ask = async (method, path, body, headers = {}) => {
    const answer = await fetch(`${url}${path}`, { method, headers: { authorization, ...headers }, body, redirect: "manual" });
    const text = await answer.text();
    if (answer.status >= 400) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return answer.headers.get("content-type")?.includes("json") ? JSON.parse(text) : text;
  };
  const json = (method) => (path, body) =>
    ask(method, `/api/v1${path}`, body && JSON.stringify(body), body ? { "content-type": "application/json" } : {});
  const { id } = await json("GET")("/me");
  return {
    id,
    get: json("GET"), post: json("POST"), put: json("PUT"), patch: json("PATCH"), delete: json("DELETE"),
    form: (path, fields) => ask("POST", path, new URLSearchParams(fields), { accept: "text/html" }),
    upload: (path, fields, name, content = "a;b") => {
      const form = new FormData();
      for (const [field, value] of Object.entries(fields)) form.append(field, value);
      form.append("file", new Blob([content]), name);
      return ask("POST", `/api/v1${path}`, form);
    },
  };
}

/** How long a page may take to be up to date. */
const PATIENCE_MS = 20_000;

/** Follows what a page's connection says; what it answers waits until the page is up to date in all its streams. */
export function following(page) {
  let live = new Set();
  let wake = () => {};
  page.on("websocket", (socket) => {
    live = new Set();
    socket.on("framereceived", ({ payload }) => {
      const frame = JSON.parse(payload);
      if (frame.type === "live") live.add(frame.stream);
      wake();
    });
  });
  return async () => {
    const streams = Object.keys(JSON.parse(await page.evaluate(() => document.body.dataset.streams)));
    const missing = () => streams.filter((stream) => !live.has(stream));
    const end = Date.now() + PATIENCE_MS;
    while (missing().length > 0) {
      const left = end - Date.now();
      if (left <= 0) throw new Error(`${page.url()} is not live: of ${streams.length} streams it is behind in ${missing().join(", ")}`);
      let patience;
      await new Promise((resolve) => {
        wake = resolve;
        patience = setTimeout(resolve, left);
      });
      clearTimeout(patience);
    }
  };
}

/** Starts Chromium. */
export function startBrowser() {
  const executablePath = CHROMIUM.find((path) => path && existsSync(path));
  if (!executablePath) throw new Error("no Chromium: run ./deploy/install-deps.sh test, or set PREAU_CHROMIUM");
  return chromium.launch({
    executablePath,
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
      "--disable-component-update", "--disable-sync"],
  });
}

/** A page of its own browser context; what the browser refused or threw is kept in `faults`. */
export async function visitor(browser, options = {}) {
  const context = await browser.newContext({ locale: "fr-FR", viewport: { width: 1360, height: 900 }, ...options });
  context.setDefaultTimeout(10_000);
  const page = await context.newPage();
  const faults = [];
  page.on("pageerror", (error) => faults.push(String(error)));
  page.on("console", (line) => line.type() === "error" && faults.push(line.text()));
  return { page, faults, close: () => context.close() };
}

/** Signs a person of the demonstration in, by the mail that the mailbox shows, in whatever language. */
export async function signIn(page, server, email) {
  await page.goto(`${server.url}/sign-in`);
  await page.locator("#email").fill(email);
  await page.locator("form[action='/sign-in'] button").click();
  await page.goto(`${server.url}/mailbox`);
  await page.locator("article a").first().click();
  await page.locator("main form button").click();
  await page.waitForURL(`${server.url}/`);
}

/** Sends a form as a browser without scripts would, with a text that is too long. */
export async function overfill(page, form) {
  const answered = page.waitForNavigation();
  await page.evaluate((form) => {
    const sent = document.querySelector(form);
    const body = sent.querySelector("[name=body]");
    body.removeAttribute("maxlength");
    body.value = "x".repeat(20_001);
    HTMLFormElement.prototype.submit.call(sent);
  }, form);
  await answered;
}

/** What a screen reader is told of, in order, from now on. */
export async function listening(page) {
  await page.evaluate(() => {
    globalThis.said = [];
    const place = document.querySelector("#announcer");
    new MutationObserver(() => place.textContent && said.push(place.textContent)).observe(place, { childList: true, characterData: true, subtree: true });
  });
  return () => page.evaluate(() => globalThis.said);
}

/** What axe finds wrong with a page, in a line each. The page's own policy stands: axe is put beside it. */
export async function violations(page) {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() =>
    globalThis.axe.run(document, {
      runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    }),
  );
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(" ")).join(", ")}`);
}

/** A picture of a size, grey all over. */
export function png(width, height) {
  const chunk = (name, data) => {
    const named = Buffer.concat([Buffer.from(name), data]);
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    sum.writeUInt32BE(crc32(named));
    return Buffer.concat([length, named, sum]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = 8;
  const rows = Buffer.alloc((width + 1) * height, 128);
  for (let row = 0; row < height; row++) rows[row * (width + 1)] = 0;
  return Buffer.concat([Buffer.from("\x89PNG\r\n\x1a\n", "latin1"), chunk("IHDR", header), chunk("IDAT", deflateSync(rows)), chunk("IEND", Buffer.alloc(0))]);
}
