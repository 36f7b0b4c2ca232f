// What people write is shown and never run: each text of the corpus in every field that is shown somewhere, on every page
// that shows it, as it arrives, and as it is refused, under the page's policy and without it.
import assert from "node:assert/strict";
import { createECDH, randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { lines, packed, payloads } from "./payloads.mjs";
import { client, following, signIn, startBrowser, startServer } from "./support.mjs";
import { marks, trap } from "./trap.mjs";

// Sign-ins are counted, and these tests post what no person would.
process.env.PREAU_RATE_LIMITS = "off";
const CAMILLE = "camille.delattre@lille.example";
const NADIA = "nadia.verhaeghe@loos.example";
const ETIENNE = "etienne.caron@irev.example";
const ALL = payloads();
// A body with U+0000 is refused as a whole.
const BODIES = ALL.map(({ text, ...rest }) => ({ ...rest, text: text.replaceAll("\u0000", "\ufffd") }));
const LINES = lines(ALL);

/** Servers elsewhere: each is asked seldom, so there are many. */
const ELSEWHERE = Array.from({ length: 48 }, (_, at) => `127.0.0.${at + 1}`);

let server;
let elsewhere;
let browser;
let etienne;
let nadia;
let camille;

before(async () => {
  elsewhere = createServer(tell).listen(0, "0.0.0.0");
  await once(elsewhere, "listening");
  const allowed = ELSEWHERE.flatMap((host) => ["--outgoing-allowed", `${host}:${elsewhere.address().port}`]);
  [server, browser] = await Promise.all([startServer(...allowed), startBrowser()]);
  [etienne, nadia, camille] = await Promise.all([ETIENNE, NADIA, CAMILLE].map((email) => client(server, email)));
}, { timeout: 120_000 });

after(async () => {
  await browser?.close();
  await server?.stop();
  elsewhere?.close();
});

/** A page elsewhere says of itself what people write here: it is read as text, whatever it is. */
function tell({ url }, response) {
  const at = Number(url.slice(1));
  const [title, site, description] = [150, 60, 300].map((longest, part) => of(packed(LINES, longest), at * 7 + part).replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`));
  const named = (name, content) => `<meta property="${name}" content="${content}"><meta name="${name}" content="${content}">`;
  response.setHeader("content-type", "text/html; charset=utf-8");
  response.end(`<!DOCTYPE html>${at % 2 === 0 ? `<title>${title}</title>` : named("og:title", title)}${named("og:site_name", site)}${named(at % 3 === 0 ? "description" : "og:description", description)}`);
}

/** Some of a list, from all over it; with PREAU_LONG all of it. */
function some(list, count) {
  return process.env.PREAU_LONG || list.length <= count ? list : Array.from({ length: count }, (_, at) => list[Math.floor((at * list.length) / count)]);
}

/** The same for each, several at a time. */
async function forEach(list, deed) {
  const waiting = [...list.entries()];
  const made = [];
  await Promise.all(Array.from({ length: 6 }, async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) made[next[0]] = await deed(next[1], next[0]);
  }));
  return made;
}

/** One of a list, round and round. */
const of = (list, at) => list[at % list.length];

/** A group with as much of everything as it takes to hold the corpus in every field. */
async function makeWorld() {
  const [names, purposes] = [packed(LINES, 80), packed(BODIES, 300)];
  const group = await etienne.post("/groups", { name: names[0], purpose: purposes[0], access: "open" });
  for (const { id } of [nadia, camille]) await etienne.post(`/groups/${group.id}/members`, { user: id, role: "member" });
  const channel = await etienne.post(`/groups/${group.id}/channels`, { name: names[1], purpose: purposes[1] });
  const titled = await etienne.post(`/groups/${group.id}/channels`, { name: names[2], purpose: purposes[2] });
  const open = (title) => nadia.post(`/channels/${channel.id}/threads`, { title, body: "Bonjour" });
  const [thread, asked, filed, long] = await forEach(packed(LINES, 200).slice(0, 4), open);
  const messages = await forEach(BODIES, ({ text }) => nadia.post(`/threads/${thread.id}/messages`, { body: text }));
  await forEach(packed(BODIES, 18_000, "\n\n"), (body) => nadia.post(`/threads/${long.id}/messages`, { body }));
  await forEach(packed(LINES, 200), (title, at) => nadia.post(`/channels/${titled.id}/threads`, { title, body: of(BODIES, at * 3).text }));
  const options = packed(LINES, 100);
  for (let from = 0; from < options.length; from += 19) {
    await nadia.post(`/threads/${asked.id}/polls`, { body: of(BODIES, from).text, options: [...options.slice(from, from + 19), "ran"] });
  }
  const files = await forEach(packed(LINES, 200).slice(0, 160), (name) => nadia.upload(`/groups/${group.id}/files`, {}, `${name}.csv`));
  for (let from = 0; from < files.length; from += 20) {
    await nadia.post(`/threads/${filed.id}/messages`, { body: "", attachments: files.slice(from, from + 20).map(({ id }) => id) });
  }
  const [titles, tags] = [packed(LINES, 200), packed(LINES.map((line) => ({ ...line, text: line.text.replaceAll(",", ";") })), 50)];
  const described = (at) => ({ title: titles[at], purpose: of(packed(BODIES, 900), at), type: "tool", tags: [0, 1, 2, 3].map((tag) => of(tags, at * 4 + tag)).join(",") });
  const documents = await forEach(titles, (title, at) => nadia.upload(`/groups/${group.id}/documents`, described(at), `${title}.csv`));
  await nadia.upload(`/groups/${group.id}/documents`, { title: "ran", url: `https://evil.example/"onmouseover="ran(1)` }, "").catch(() => {});
  const agenda = titles.map((title) => ({ title, minutes: 5 }));
  const scheduled = (title, at) => ({
    title, objective: of(packed(BODIES, 500), at), place: of(packed(LINES, 300), at), link: `https://evil.example/?'onclick='ran(${at})'`,
    starts_at: `2031-10-02T07:${String(at % 60).padStart(2, "0")}:00Z`, ends_at: "2031-10-02T09:30:00Z", timezone: "Europe/Paris", mode: "hybrid",
    agenda: at < 4 ? agenda.slice(at * 45, at * 45 + 45) : [],
  });
  const meetings = await forEach(titles, (title, at) => etienne.post(`/groups/${group.id}/meetings`, scheduled(title, at)));
  await forEach(some(packed(BODIES, 1000), 90), (reason, at) => camille.form(`/messages/${messages[at].id}/report`, { reason }));
  // What one keeps, is told, and said before.
  const mentions = await forEach(some(BODIES, 60), ({ text }) => nadia.post(`/threads/${long.id}/messages`, { body: `@Camille Delattre ${text}` }));
  await forEach(mentions, ({ id }) => camille.put(`/favourites/${id}`));
  const edited = await nadia.post(`/threads/${long.id}/messages`, { body: "Avant" });
  for (const body of packed(BODIES, 18_000, "\n\n")) await nadia.patch(`/messages/${edited.id}`, { body });
  for (const title of some(titles, 20)) await nadia.patch(`/threads/${long.id}`, { title });
  const split = await etienne.post(`/messages/${mentions[1].id}/split`, { title: titles[5], extent: "this" });
  const pages = await etienne.get(`/messages/${edited.id}/history`);
  assert.ok(pages.items.length > 1, "there is a history");
  const many = await etienne.post("/groups", { name: names[3], purpose: purposes[3], access: "open" });
  await etienne.post(`/groups/${many.id}/members`, { user: nadia.id, role: "member" });
  await forEach(some(names, 130), (name, at) => etienne.post(`/groups/${many.id}/channels`, { name, purpose: of(purposes, at) }));
  await forEach(some(packed(LINES, 120), 68), (name, at) => etienne.post("/groups", { name, slug: `essai-${at}`, purpose: of(packed(BODIES, 500), at), access: "open" }));
  return { group, many, channel, titled, thread, asked, filed, long, messages, edited, split, documents, meetings };
}

/** The pages that show what people wrote, by who looks. */
function places({ group, many, channel, titled, thread, asked, filed, long, messages, edited, split, documents, meetings }) {
  const asks = packed(LINES, 380);
  const query = (fields) => new URLSearchParams(fields);
  return {
    [CAMILLE]: [
      "/", "/groups", `/groups/${group.slug}`, `/groups/${group.slug}/members`, "/people", `/people/${nadia.id}`, "/favourites", "/notifications", "/settings", "/mailbox",
      `/channels/${channel.id}`, ...["", "?show=unanswered", "?show=unread", "?show=resolved", "?new=1"].map((show) => `/channels/${titled.id}${show}`),
      ...some(asks, 3).map((body) => `/channels/${channel.id}?${query({ new: 1, kind: "question", body })}`),
      `/threads/${thread.id}?from=1&to=300`, `/threads/${thread.id}?from=301&to=600`, `/threads/${asked.id}`, `/threads/${filed.id}`, `/threads/${long.id}`, `/threads/${split.id}`,
      ...some(messages, 3).flatMap(({ id }) => [`/threads/${thread.id}?quote=${id}`, `/messages/${id}/actions`, `/messages/${id}/report`]),
      `/messages/${edited.id}/history`, `/threads/${thread.id}/actions`, `/threads/${long.id}/actions`, `/threads/${asked.id}/polls`,
      `/documents?group=${group.slug}`, `/groups/${group.slug}/documents`, ...some(documents, 4).map(({ id }) => `/documents/${id}`),
      "/meetings", ...meetings.slice(0, 4).map(({ id }) => `/meetings/${id}`), ...some(meetings, 3).map(({ id }) => `/meetings/${id}`),
      ...some(asks, 6).map((q) => `/search?${query({ q })}`), ...["onerror", "javascript", "evil", "ran"].flatMap((q) => [`/search?${query({ q })}`, `/search/places?${query({ q })}`]),
      ...some(asks, 2).map((text) => `/search?${query({ q: "ran", author: text, place: text, territory: text, after: text, before: text })}`),
      ...some(asks, 2).flatMap((body) => ["ask", "tell", "announce"].map((intent) => `/publish?${query({ intent, body })}`)), "/publish?intent=propose", "/publish?intent=share",
      ...some(asks, 2).flatMap((text) => [`/nowhere/${encodeURIComponent(text)}`, `/groups/${encodeURIComponent(text)}`, `/channels/${titled.id}?after=${encodeURIComponent(text)}`, `/documents?type=${encodeURIComponent(text)}`]),
    ],
    [NADIA]: ["/", `/groups/${many.slug}`, `/threads/${long.id}`],
    [ETIENNE]: ["/", "/groups", `/groups/${group.slug}/edit`, `/groups/${group.slug}/reports`, `/channels/${titled.id}/edit`, `/meetings/${meetings[1].id}/edit`, `/threads/${thread.id}/actions`, `/documents/${documents[1].id}`],
  };
}

/** A context in which somebody is signed in and the trap is set. */
async function trapped(email, options = {}) {
  const context = await browser.newContext({ locale: "fr-FR", viewport: { width: 1360, height: 900 }, ...options });
  context.setDefaultTimeout(20_000);
  const caught = await trap(context, server.url);
  const page = await context.newPage();
  await signIn(page, server, email);
  return { context, page, caught };
}

/** What was caught, and by which text. */
const said = (where, caught) => caught.splice(0).map((line) => `${where}: ${line} ${/^ran: (\d+)$/.test(line) ? ALL[Number(line.slice(5))]?.text : ""}`);


/** Where a text is put that is shown as it was written, for each kind. */
const AROUND = {
  handler: (text) => `<div>${text}</div>`,
  script: (text) => `<div>${text}</div>`,
  end: (text) => `<div>${text}</div>`,
  within: (text) => `<div class=x title="${text}">x</div><div class=x title='${text}'>x</div>`,
  mutating: (text) => `<div>${text}</div>`,
  address: (text) => `<div class=message__body>${text.replace(/!\[[^\]]*\]\(<?(.*?)>?\)/gs, '<iframe src="$1"></iframe>').replace(/\[[^\]]*\]\(<?(.*?)>?\)/gs, '<a href="$1">x</a>')}</div>`,
  markdown: (text) => `<div>${text}</div>`,
  name: (text) => `<div>${text}</div>`,
};

/** What is markup, or an address that runs, wherever it is put; what is so in some places only proves nothing of the trap. */
const HARMFUL = /^(?!data:)[^<]*<(img|svg><(?!desc)|iframe|video|input|details|script|math|form)|^["'] .*on(mouseover|focus)=|\(javascript:/;

test("the trap tells of texts of every kind where a page shows them as they were written", { timeout: 120_000 }, async () => {
  const policy = (await fetch(`${server.url}/sign-in`)).headers.get("content-security-policy");
  const planted = createServer(({ url }, response) => {
    const [, number, how] = url.split("/");
    response.setHeader("content-type", "text/html; charset=utf-8");
    if (how === "strict") response.setHeader("content-security-policy", policy);
    const { family, text } = ALL[number] ?? {};
    response.end(family ? `<!DOCTYPE html><title>x</title><main>${AROUND[family](text)}</main>` : "");
  });
  await new Promise((resolve) => planted.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${planted.address().port}`;
  const context = await browser.newContext();
  context.setDefaultTimeout(5_000);
  const caught = await trap(context, url);
  const page = await context.newPage();
  const missed = [];
  const told = { loose: new Set(), strict: new Set() };
  for (const family of Object.keys(AROUND)) {
    for (const { number, text } of some(ALL.filter((payload) => payload.family === family && HARMFUL.test(payload.text)), 6)) {
      for (const how of ["loose", "strict"]) {
        // Some go elsewhere as soon as they are there.
        await page.goto(`${url}/${number}/${how}`).catch(() => {});
        const wrong = await marks(page).catch(() => ["gone"]);
        if (caught.length + wrong.length === 0) missed.push(`${how}: ${text}`);
        for (const line of caught) told[how].add(`${family} ${line.split(":")[0]}`);
        caught.length = 0;
      }
    }
  }
  await context.close();
  planted.close();
  assert.deepEqual(missed, []);
  // A link runs when it is followed: of those the markup tells.
  for (const family of Object.keys(AROUND).filter((family) => family !== "address")) {
    assert.ok(told.loose.has(`${family} ran`), `${family} runs without a policy: ${[...told.loose]}`);
    assert.ok(told.strict.has(`${family} refused`), `the policy refuses ${family}: ${[...told.strict]}`);
    assert.ok(!told.strict.has(`${family} ran`), `${family} runs under the policy`);
  }
});

test("the trap tells of a page of ours that would show them as they were written", { timeout: 120_000 }, async () => {
  const image = ALL.find(({ family }) => family === "handler");
  for (const bypassCSP of [false, true]) {
    const { context, page, caught } = await trapped(CAMILLE, { bypassCSP });
    await page.evaluate((text) => {
      document.querySelector("main").innerHTML = text;
    }, image.text).catch(() => {});
    const wrong = await marks(page);
    if (bypassCSP) assert.ok(caught.includes("ran: 0") && wrong.length > 0, `${caught} ${wrong}`);
    else assert.match(caught.join(), /refused: require-trusted-types-for/);
    await context.close();
  }
});

/** Looks at a page that is shown, and tells of what is wrong with it. */
async function look(page, caught, where, found) {
  const wrong = await marks(page);
  found.push(...said(where, [...caught.splice(0), ...wrong]));
}

test("what people write runs on no page that shows it, under the page’s policy and without it", { timeout: 600_000 }, async () => {
  const world = await makeWorld();
  const found = [];
  let shown = 0;
  for (const [email, addresses] of Object.entries(places(world))) {
    // One after the other: each signs in by the latest mail.
    const visits = [await trapped(email), await trapped(email, { bypassCSP: true })];
    await Promise.all(visits.map(async ({ context, page, caught }, loose) => {
      for (const address of addresses) {
        await page.goto(`${server.url}${address}`);
        await look(page, caught, `${address}${loose ? " without its policy" : ""}`, found);
        shown += await page.evaluate(() => document.documentElement.textContent.split("ran(").length - 1);
      }
      await context.close();
    }));
  }
  assert.equal(found.length, 0, found.slice(0, 30).join("\n"));
  assert.ok(shown > 10_000, `they were there: ${shown}`);
});

test("what people write runs neither as it comes to a page that is open, nor as it is looked at before, or completed", { timeout: 300_000 }, async () => {
  const group = await etienne.post("/groups", { name: "Essais vivants", purpose: "", access: "open" });
  for (const { id } of [nadia, camille]) await etienne.post(`/groups/${group.id}/members`, { user: id, role: "member" });
  const channel = await etienne.post(`/groups/${group.id}/channels`, { name: "Salon", purpose: "" });
  const thread = await etienne.post(`/channels/${channel.id}/threads`, { title: "Essai", body: "Bonjour" });
  const document = await etienne.upload(`/groups/${group.id}/documents`, { title: "Un outil" }, "outil.csv");
  const meeting = await etienne.post(`/groups/${group.id}/meetings`, { title: "Se voir", objective: "x", starts_at: "2031-10-02T07:30:00Z", ends_at: "2031-10-02T09:30:00Z", timezone: "Europe/Paris", mode: "remote" });
  const found = [];
  const visits = [await trapped(CAMILLE), await trapped(CAMILLE, { bypassCSP: true })];
  const open = async (visit, address) => {
    const former = visit.page;
    visit.page = await visit.context.newPage();
    const live = following(visit.page);
    await visit.page.goto(`${server.url}${address}`);
    await former.close();
    await live();
  };
  const all = (deed) => Promise.all(visits.map(deed));
  const looked = (where) => all(({ page, caught }, loose) => look(page, caught, `${where}${loose ? " without its policy" : ""}`, found));
  /** Waits until a page shows a text where it is shown. */
  const shown = (text, selector) => all(({ page }) => page.waitForFunction(([text, selector]) =>
    [...document.querySelectorAll(selector)].some((at) => at.textContent.replace(/\s+/g, " ").includes(text.trim().replace(/\s+/g, " ").slice(0, 40))), [text, selector]).catch(() => assert.fail(`${selector} does not show ${text}`)));

  await all((visit) => open(visit, `/threads/${thread.id}`));
  const messages = await forEach(BODIES, ({ text }) => nadia.post(`/threads/${thread.id}/messages`, { body: text }));
  await all(({ page }) => page.waitForFunction((count) => document.querySelectorAll(".thread__messages > [data-position]").length === count, BODIES.length + 1));
  for (const { text } of some(BODIES, 20)) await nadia.patch(`/messages/${messages[3].id}`, { body: `Changé ${text}` });
  await nadia.patch(`/messages/${messages[3].id}`, { body: "Changé en dernier" });
  await shown("Changé en dernier", `#message-${messages[3].id}`);
  await looked("messages that come");
  const renamed = (name) => nadia.form("/settings", { name, locale: "fr", theme: "system", typing: "true" });
  const settle = async (texts, deed, selector) => {
    for (const text of texts) {
      await deed(text);
      await shown(text, selector);
      await looked(`${selector} that changes`);
    }
  };
  await settle(some(packed(LINES, 200), 4), (title) => etienne.patch(`/threads/${thread.id}`, { title }), "#thread-title");
  await settle(some(packed(LINES, 120), 4), renamed, ".message__author");
  await camille.form("/settings", { name: "Camille Delattre", locale: "fr", theme: "system", typing: "true" });
  await all((visit) => open(visit, `/channels/${channel.id}`));
  await settle(some(packed(LINES, 80), 4), (name) => etienne.patch(`/channels/${channel.id}`, { name }), "#channel");
  await settle(some(packed(BODIES, 300), 4), (purpose) => etienne.patch(`/channels/${channel.id}`, { purpose }), ".panes__head");
  await settle(some(packed(LINES, 120), 4), (name) => etienne.patch(`/groups/${group.id}`, { name }), "nav.navigation");
  await settle(some(packed(LINES, 200), 4), (title) => nadia.post(`/channels/${channel.id}/threads`, { title, body: title }), ".threads");
  await all((visit) => open(visit, `/documents/${document.id}`));
  await settle(some(packed(LINES, 200), 3), (title) => etienne.patch(`/documents/${document.id}`, { title, purpose: title }), "h1");
  await all((visit) => open(visit, `/meetings/${meeting.id}`));
  await settle(some(packed(LINES, 200), 3), (title) => etienne.patch(`/meetings/${meeting.id}`, { title, objective: title, place: title, agenda: [{ title, minutes: 5 }] }), "h1");

  // As it will look, what is offered, and the switcher's places.
  await all((visit) => open(visit, `/threads/${thread.id}`));
  const previews = some(packed(BODIES, 19_000, "\n\n"), 3);
  for (const body of previews) {
    await all(async ({ page }) => {
      // What is open already is asked for again while one types: listen before.
      const answer = page.waitForResponse("**/api/v1/preview");
      await page.getByLabel("Votre réponse").fill(body);
      if (body === previews[0]) await page.getByRole("button", { name: "Aperçu" }).click();
      await answer;
      await page.locator("[data-preview] .message__body").waitFor();
    });
    await looked("a preview");
  }
  await all(async ({ page }) => {
    await page.getByLabel("Votre réponse").fill("");
    await page.getByLabel("Votre réponse").pressSequentially("@");
    await page.getByRole("option").first().waitFor();
  });
  await looked("what is offered");
  await all(async ({ page }) => {
    await page.keyboard.press("Enter");
    await page.keyboard.press("Control+Enter");
  });
  await all(({ page }) => page.locator(".thread__messages .message--unsent").waitFor({ state: "detached" }));
  await all(async ({ page }) => {
    await page.keyboard.press("Control+k");
    await page.keyboard.type("img src");
    await page.locator("#switcher-list [role=option]").first().waitFor();
  });
  await looked("the switcher");
  await all(({ context }) => context.close());
  await renamed("Nadia Verhaeghe");
  assert.equal(found.length, 0, found.slice(0, 30).join("\n"));
});

test("what people write does not run where it is refused and shown again", { timeout: 300_000 }, async () => {
  const group = await etienne.post("/groups", { name: "Essais refusés", purpose: "", access: "open" });
  const channel = await etienne.post(`/groups/${group.id}/channels`, { name: "Salon", purpose: "" });
  const thread = await etienne.post(`/channels/${channel.id}/threads`, { title: "Essai", body: "Bonjour" });
  const { id: answer } = await etienne.post(`/threads/${thread.id}/messages`, { body: "Une réponse" });
  const shut = await etienne.post(`/channels/${channel.id}/threads`, { title: "Close", body: "Bonjour" });
  await etienne.patch(`/threads/${shut.id}`, { closed: true });
  const document = await etienne.upload(`/groups/${group.id}/documents`, { title: "Un outil" }, "outil.csv");
  const forms = [
    [`/threads/${thread.id}`, "#composer"], [`/channels/${channel.id}?new=1`, ".thread__form"], ["/groups", "main form:has([name=purpose])"], [`/groups/${group.slug}/edit`, "main form"],
    [`/groups/${group.slug}`, "main form:has([name=purpose])"], [`/groups/${group.slug}/members`, "main form:has(#email)"], [`/channels/${channel.id}/edit`, "main form"], [`/groups/${group.slug}/documents`, "main form"],
    [`/documents/${document.id}`, `form[action='/documents/${document.id}']`], [`/groups/${group.slug}/meetings/new`, "main form"], [`/threads/${thread.id}/polls`, "main form"], [`/threads/${thread.id}/actions`, "form[action$='/edit']"],
    [`/messages/${answer}/actions`, "form[action$='/edit']"], [`/messages/${answer}/actions`, "form[action$='/split']"], [`/messages/${answer}/report`, "main form"], ["/settings", "form[action='/settings']"],
    [`/threads/${thread.id}`, "#composer", `/threads/${shut.id}/messages`], [`/threads/${thread.id}`, "#composer", `/threads/${group.id}/messages`],
  ];
  const outside = [["/sign-in?next=/%22%3E%3Cimg%20src=x%20onerror=ran(1)%3E", "form[action='/sign-in']"], ["/sign-in", "form[action='/sign-in/password']"], ["/sign-in/code", "main form"]];
  const found = [];
  const visits = [await trapped(ETIENNE, { userAgent: LINES[0].text }), await trapped(ETIENNE, { bypassCSP: true, userAgent: of(LINES, 3).text })];
  const texts = packed(LINES, 2_000);
  /** Fills all of a form with more than it takes, and sends it as a browser without scripts would. */
  const send = (page, form, address, words) =>
    page.evaluate(([form, address, words]) => {
      const sent = document.querySelector(form);
      if (address) sent.action = address;
      for (const field of sent.querySelectorAll("input:not([type=hidden], [type=checkbox], [type=radio], [type=file]), textarea")) {
        if (field.localName === "input") field.type = "text";
        field.removeAttribute("maxlength");
        field.value = field.name === "body" ? words.long : words.short;
      }
      HTMLFormElement.prototype.submit.call(sent);
    }, [form, address, words]);
  await Promise.all(visits.map(async ({ context, page, caught }, loose) => {
    let again = 0;
    const where = loose ? " without its policy" : "";
    const refuse = async ([path, form, address], at) => {
      await page.goto(`${server.url}${path}`);
      assert.ok((await page.locator(form).count()) > 0, `${path} has ${form}`);
      const long = `${BODIES.map(({ text }) => text).join("\n")}\n${"x".repeat(20_001)}`;
      const answered = page.waitForNavigation();
      await send(page, form, address, { short: of(texts, at), long: long.slice(0, 60_000) });
      await answered;
      await look(page, caught, `${path} ${form}${where}`, found);
      again += await page.evaluate(() => [...document.querySelectorAll("input, textarea")].filter(({ value }) => /ran|alert/.test(value)).length);
    };
    for (const [at, form] of forms.entries()) await refuse(form, at);
    await page.goto(`${server.url}/settings`);
    await look(page, caught, `/settings${where}`, found);
    assert.match(await page.locator("main").textContent(), /<img/, "a browser's name is shown");
    await context.clearCookies();
    for (const [at, form] of outside.entries()) await refuse(form, at);
    assert.ok(again >= 20, `what was typed is shown again: ${again}`);
    await context.close();
  }));
  assert.equal(found.length, 0, found.slice(0, 30).join("\n"));
});

/** A session of Camille's in a browser of that name, which is told of what concerns her. */
async function browserOf(userAgent, password, subscribes) {
  const headers = { accept: "text/html", "user-agent": userAgent };
  const answer = await fetch(`${server.url}/sign-in/password`, { method: "POST", redirect: "manual", headers, body: new URLSearchParams({ email: CAMILLE, password }) });
  assert.equal(answer.status, 303, userAgent);
  if (!subscribes) return;
  const [cookie] = answer.headers.getSetCookie().find((cookie) => cookie.startsWith("session=")).split(";");
  const keys = createECDH("prime256v1");
  const subscription = { endpoint: `https://push.example.org/${crypto.randomUUID()}`, keys: { p256dh: keys.generateKeys("base64url"), auth: randomBytes(16).toString("base64url") } };
  const subscribed = await fetch(`${server.url}/api/v1/push/devices`, { method: "POST", headers: { cookie, "user-agent": userAgent, "content-type": "application/json", origin: server.url }, body: JSON.stringify(subscription) });
  assert.equal(subscribed.status, 201, await subscribed.text());
}

test("what pages elsewhere say, what is said among a few and what browsers call themselves runs on no page", { timeout: 300_000 }, async () => {
  const group = await etienne.post("/groups", { name: "Essais ailleurs", purpose: "", access: "open" });
  for (const { id } of [nadia, camille]) await etienne.post(`/groups/${group.id}/members`, { user: id, role: "member" });
  await etienne.patch(`/groups/${group.id}`, { link_previews: true });
  const channel = await etienne.post(`/groups/${group.id}/channels`, { name: "Salon", purpose: "" });
  const thread = await etienne.post(`/channels/${channel.id}/threads`, { title: "Essai", body: "Bonjour" });
  const link = (host, at) => `http://${host}:${elsewhere.address().port}/${at}`;
  for (let from = 0; from < ELSEWHERE.length; from += 3) {
    await nadia.post(`/threads/${thread.id}/messages`, { body: [0, 1, 2].map((at) => link(ELSEWHERE[from + at], from + at)).join(" ") });
  }
  const talk = await camille.post("/conversations", { people: [nadia.id] });
  await forEach(some(BODIES, 150), ({ text }) => nadia.post(`/threads/${talk.thread}/messages`, { body: text }));
  // A header holds letters that every browser may send.
  const agents = some(packed(LINES.filter(({ text }) => /^[\x20-\x7e]+$/.test(text)), 200), 60);
  const password = "une longue phrase pour entrer";
  await camille.form("/settings/password", { password });
  for (const [at, agent] of agents.entries()) await browserOf(agent, password, at % Math.ceil(agents.length / 9) === 0);
  const named = of(packed(LINES, 120), 5);
  await nadia.form("/settings", { name: named, locale: "fr", theme: "system" });
  const found = [];
  for (const bypassCSP of [false, true]) {
    const { context, page, caught } = await trapped(CAMILLE, { bypassCSP });
    const looked = async (address) => {
      await page.goto(`${server.url}${address}`);
      await look(page, caught, `${address}${bypassCSP ? " without its policy" : ""}`, found);
      return page.evaluate(() => document.querySelector("main").textContent);
    };
    // They are asked a few at a time, and come to a page that is open.
    await page.goto(`${server.url}/threads/${thread.id}`);
    await page.waitForFunction((count) => document.querySelectorAll(".link-preview").length === count, ELSEWHERE.length, { timeout: 60_000 });
    await look(page, caught, "previews that come", found);
    const said = await looked(`/threads/${thread.id}`);
    assert.ok(said.split("ran(").length > ELSEWHERE.length, "what is said elsewhere is shown");
    assert.match(await looked("/conversations"), /ran\(/);
    assert.match(await looked(`/threads/${talk.thread}`), /ran\(/);
    await looked(`/threads/${talk.thread}/actions`);
    for (const who of some(packed(LINES, 380), 3)) await looked(`/conversations/new?${new URLSearchParams({ who })}`);
    assert.ok((await looked("/conversations/new")).includes(named.slice(0, 30)), "whom one may write to is shown");
    const sessions = (await looked("/settings")).split(/ran\(|ran`|alert/).length - 1;
    assert.ok(sessions > agents.length / 2, `what browsers call themselves is shown: ${sessions}`);
    await looked("/settings/notifications");
    assert.equal(await page.locator("form[action*='/devices/']").count(), 9, "and each is one of the devices");
    await context.close();
  }
  await nadia.form("/settings", { name: "Nadia Verhaeghe", locale: "fr", theme: "system" });
  assert.equal(found.length, 0, found.slice(0, 30).join("\n"));
});
