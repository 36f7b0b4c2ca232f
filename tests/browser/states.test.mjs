// Every state of the pages of discussions, looked at by who may see it: no barrier that axe knows of, in either theme and
// language, wide and narrow; and no loss where somebody enlarges, spaces, recolours or stills what they read.
import assert from "node:assert/strict";
import { test } from "node:test";
import { CAMILLE, ETIENNE, NADIA, browser, camille, etienne, nadia, proxy, stage } from "./stage.mjs";
import { following, overfill, signIn, violations } from "./support.mjs";

stage();

const ROLES = { animator: [ETIENNE, () => etienne], member: [CAMILLE, () => camille], guest: [NADIA, () => nadia] };

/** Each pair of a role, a theme, a language and a width once at least; with PREAU_LONG all of them. */
function looks() {
  if (process.env.PREAU_LONG) {
    return Object.keys(ROLES).flatMap((role) => ["light", "dark"].flatMap((theme) => ["fr", "en"].flatMap((locale) => [1360, 320].map((width) => [role, theme, locale, width]))));
  }
  return [
    ["animator", "light", "fr", 1360], ["animator", "dark", "en", 320], ["member", "light", "en", 320],
    ["member", "dark", "fr", 1360], ["guest", "dark", "en", 1360], ["guest", "light", "fr", 320],
  ];
}

let made;

/** A group whose threads are in every state, made once. */
function world() {
  made ??= makeWorld();
  return made;
}

async function makeWorld() {
  const group = await etienne.post("/groups", { name: "Tous les états", purpose: "Regarder", access: "invite" });
  await etienne.post(`/groups/${group.id}/members`, { user: camille.id, role: "member" });
  await etienne.post(`/groups/${group.id}/members`, { user: nadia.id, role: "member" });
  const channel = await etienne.post(`/groups/${group.id}/channels`, { name: "Salon", purpose: "Un salon où tout arrive" });
  const empty = await etienne.post(`/groups/${group.id}/channels`, { name: "Vide", purpose: "" });
  const begin = (title, kind = "message") => etienne.post(`/channels/${channel.id}/threads`, { title, kind, body: `${title} : **bonjour**, voici [un lien](https://irev.fr)` });
  const say = (thread, body) => camille.post(`/threads/${thread.id}/messages`, { body });
  const [open, asked, resolved, closed, polled, target, merged] = await Promise.all([
    begin("Ouverte"), begin("Demandée", "question"), begin("Résolue", "question"), begin("Fermée"), begin("Sondée"), begin("Rejointe"), begin("Déplacée"),
  ]);
  const said = await say(open, "Une réponse, @Etienne Caron\n\n> citée\n\n- [x] faite\n- [ ] à faire\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```\ncode\n```");
  await nadia.put(`/messages/${said.id}/reactions/thanks`);
  await camille.patch(`/messages/${said.id}`, { body: "Une autre réponse, à @Étienne Caron et à @Camille Delattre" });
  await etienne.post(`/threads/${open.id}/messages`, { body: "Et toi, @Camille Delattre ?" });
  await nadia.post(`/threads/${open.id}/messages`, { body: "Et vous, @Étienne Caron ?" });
  const gone = await say(open, "Retiré bientôt");
  await camille.delete(`/messages/${gone.id}`);
  const answer = await say(resolved, "La réponse");
  await etienne.patch(`/threads/${resolved.id}`, { status: "resolved", answer: 2 });
  await etienne.patch(`/threads/${closed.id}`, { closed: true });
  const poll = await etienne.post(`/threads/${polled.id}/polls`, { body: "Quel jour ?", options: ["mardi", "jeudi"] });
  await camille.put(`/messages/${poll.id}/vote`, { options: [1] });
  await say(merged, "Part avec");
  await etienne.post(`/threads/${merged.id}/merge`, { into: target.id });
  await etienne.patch(`/threads/${asked.id}`, { pinned: true });
  await camille.form(`/messages/${said.id}/report`, { reason: "Rien : c’est un essai" });
  await camille.put(`/favourites/${said.id}`);
  await etienne.post(`/groups/${group.id}/members`, { user: nadia.id, role: "guest" });
  const talk = await camille.post("/conversations", { people: [nadia.id, etienne.id] });
  for (const [who, body] of [[nadia, "Entre nous, @Camille Delattre"], [camille, "Oui"], [etienne, "Et moi ?"]]) await who.post(`/threads/${talk.thread}/messages`, { body });
  const silent = await nadia.post("/conversations", { people: [etienne.id] });
  await etienne.put(`/threads/${silent.thread}/follow`, { level: "muted" });
  return { talk: talk.thread, gone, group, channel, empty, open, asked, resolved, closed, polled, target, merged, said, answer };
}

/** The states of the pages, each with what leads to it from its address. */
function states(role, { talk, gone, group, channel, empty, open, asked, resolved, closed, polled, target, merged, said, answer }) {
  const writes = role !== "guest";
  const places = [
    ...["", "?show=unread", "?show=unanswered", "?show=resolved"].flatMap((show) => [`/channels/${channel.id}${show}`, `/channels/${empty.id}${show}`]),
    ...[open, asked, resolved, closed, polled, target, merged].map(({ id }) => `/threads/${id}`),
    `/threads/${open.id}?quote=${said.id}`, `/threads/${open.id}/actions`, `/messages/${said.id}/actions`, `/messages/${answer.id}/actions`, `/messages/${said.id}/history`, `/messages/${said.id}/report`, "/favourites", "/notifications",
    "/conversations", "/conversations/new", "/conversations/new?who=lille", `/threads/${talk}`, `/threads/${talk}/actions`, `/messages/${gone.id}/actions`, "/settings", "/settings/notifications", "/glossary",
    "/search", "/search?q=bonjour", "/search?q=zzzzzz&author=Camille", "/publish", "/publish?intent=ask",
    ...(writes ? [`/channels/${channel.id}?new=1`, `/threads/${open.id}/polls`] : []),
    ...(role === "animator" ? [`/groups/${group.slug}/reports`, `/channels/${channel.id}/edit`] : []),
  ].map((path) => [path, path, () => {}]);
  const thread = `/threads/${open.id}`;
  const text = (page) => page.locator("#body");
  const written = [
    ["a text that is too long", thread, (page) => overfill(page, "#composer")],
    ["a preview", thread, async (page) => {
      await text(page).fill("- [ ] **écrire** `code`");
      await page.locator("[data-preview-button]").click();
      await page.locator("[data-preview] input").waitFor();
    }],
    ["names that are offered", thread, async (page) => {
      await text(page).fill("");
      await text(page).pressSequentially("@nad");
      await page.getByRole("option").first().waitFor();
    }],
    ["a file on its way", thread, async (page) => {
      await page.route("**/files", () => {});
      await page.locator("#file").setInputFiles({ name: "relevé.txt", mimeType: "text/plain", buffer: Buffer.from("a") });
      await page.locator(".attaching__file progress").waitFor();
    }],
    ["a file that was refused", thread, async (page) => {
      await page.unroute("**/files");
      await page.route("**/files", (route) => route.abort());
      await page.locator("#file").setInputFiles({ name: "relevé.txt", mimeType: "text/plain", buffer: Buffer.from("a") });
      await page.locator("[data-file-do=retry]").first().waitFor();
      await page.unroute("**/files");
    }],
  ];
  const opened = ["the switcher", "/documents", async (page) => {
    await page.keyboard.press("Control+k");
    await page.keyboard.type("salon");
    await page.locator("#switcher-list [role=option]").first().waitFor();
  }];
  const acronyms = [
    ["an acronym", "/glossary", async (page) => {
      await page.locator("main .list a").first().click();
      await page.locator("form[action$='/remove']").waitFor();
    }],
    ["an acronym that was refused", "/glossary", async (page) => {
      await page.locator("#acronym").fill("?");
      await page.locator("#expansion").fill("x");
      await page.locator("main form .button--primary").click();
      await page.locator("[aria-invalid]").first().waitFor();
    }],
  ];
  const offered = ["a removal that can be undone", `/threads/${talk}`, async (page) => {
    await page.locator("#body").fill("À retirer bientôt");
    await page.keyboard.press("Control+Enter");
    const said = page.locator("li[data-position]").last();
    await said.filter({ hasText: "À retirer bientôt" }).locator(".message__actions").click();
    await page.locator(".menu [data-remove] button").click();
    await page.locator("[data-restore] button").waitFor();
    await said.locator(".message__removed").waitFor();
  }];
  return [...places, offered, ...(role === "animator" ? acronyms : []), ...(writes ? written : []), opened];
}

/** A page of somebody, in a language and a theme. */
async function looking(role, { theme = "light", locale = "fr", width = 1360, ...options } = {}) {
  const [email, person] = ROLES[role];
  const { name } = await person().get("/me");
  await person().form("/settings", { name, locale, theme });
  const context = await browser.newContext({ locale: "fr-FR", viewport: { width, height: 900 }, bypassCSP: true, ...options });
  context.setDefaultTimeout(15_000);
  const page = await context.newPage();
  // What is left half-written is left.
  page.on("dialog", (dialog) => dialog.accept().catch(() => {}));
  await signIn(page, { url: proxy.url }, email);
  return page;
}

/** What of a page is lost at its width: parts that are out of reach, or cut. */
function lost() {
  const found = [];
  if (document.documentElement.scrollWidth > innerWidth) found.push(`scrolls sideways: ${document.documentElement.scrollWidth} of ${innerWidth}`);
  for (const element of document.querySelectorAll("main *, header *")) {
    const style = getComputedStyle(element);
    const { width, height } = element.getBoundingClientRect();
    const written = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim() !== "");
    // What is for screen readers alone, or given to the clamp on purpose, with the whole of it one step away.
    if (!written || width < 2 || height < 2 || style.clipPath !== "none" || style.webkitLineClamp !== "none" || style.textOverflow === "ellipsis") continue;
    const cut = (style.overflowX !== "visible" && style.overflowX !== "auto" && element.scrollWidth > element.clientWidth + 1) || (style.overflowY !== "visible" && style.overflowY !== "auto" && element.scrollHeight > element.clientHeight + 1);
    if (cut) found.push(`cut: ${element.outerHTML.slice(0, 120)}`);
  }
  return found;
}

test("axe finds nothing in any state of the conversations, and nothing scrolls sideways", { timeout: 900_000 }, async () => {
  const known = await world();
  const found = [];
  for (const [look, [role, theme, locale, width]] of looks().entries()) {
    const page = await looking(role, { theme, locale, width });
    for (const [at, [name, path, lead]] of states(role, known).entries()) {
      // Each look takes every other state, and the next look those between: whoever may see one looks at it.
      if (!process.env.PREAU_LONG && (at + look) % 2 === 1) continue;
      const where = `${name} ${role} ${theme} ${locale} ${width}`;
      const live = following(page);
      const answer = await page.goto(`${proxy.url}${path}`);
      assert.equal(answer.status(), 200, where);
      await live();
      await lead(page);
      for (const line of [...(await violations(page)), ...(await page.evaluate(lost))]) found.push(`${where}: ${line}`);
    }
    await page.context().close();
  }
  assert.deepEqual(found, []);
});

/** What people who need it lay over every page: WCAG 2.2, 1.4.12. */
const SPACED = "* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important; } p { margin-block-end: 2em !important; }";

test("nothing is lost where text is enlarged and spaced, colours are forced and motion is stilled", { timeout: 300_000 }, async () => {
  const known = await world();
  const found = [];
  const settings = [
    // Half the width is twice the size.
    ["enlarged", { width: 640 }, ""], ["enlarged fourfold", { width: 320 }, ""], ["spaced", { width: 1360 }, SPACED], ["spaced and narrow", { width: 320 }, SPACED],
    ["in forced colours", { width: 1360, forcedColors: "active" }, ""], ["without motion", { width: 1360, reducedMotion: "reduce" }, ""],
  ];
  for (const [how, options, sheet] of settings) {
    const page = await looking("animator", options);
    for (const path of ["/", `/channels/${known.channel.id}`, `/channels/${known.channel.id}?new=1`, `/threads/${known.open.id}`, `/threads/${known.polled.id}`, `/threads/${known.open.id}/actions`, `/messages/${known.said.id}/actions`, "/notifications", "/search?q=bonjour", "/conversations", "/conversations/new", `/threads/${known.talk}`, "/settings/notifications", "/glossary"]) {
      await page.goto(`${proxy.url}${path}`);
      if (sheet) await page.addStyleTag({ content: sheet });
      const moving = how === "without motion" ? await page.evaluate(() => [...document.querySelectorAll("*")].filter((element) => {
        const { animationDuration, animationName, transitionDuration } = getComputedStyle(element);
        return (animationName !== "none" && parseFloat(animationDuration) > 0.01) || transitionDuration.split(",").some((time) => parseFloat(time) > 0.01);
      }).map((element) => `moves: ${element.outerHTML.slice(0, 120)}`)) : [];
      const barriers = how === "in forced colours" ? await violations(page) : [];
      for (const line of [...(await page.evaluate(lost)), ...moving, ...barriers]) found.push(`${path} ${how}: ${line}`);
    }
    await page.context().close();
  }
  assert.deepEqual(found, []);
});
