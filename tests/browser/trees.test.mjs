// What a screen reader is given of the pages of discussions, role by role and name by name, in both languages, held
// against texts that were read by a person. PREAU_GOLDEN=renew writes them anew: read what changed.
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { CAMILLE, context, etienne, folder, nadia, proxy, stage } from "./stage.mjs";
import { client, following, overfill } from "./support.mjs";

stage();

const FOLDER = new URL("golden/", import.meta.url);
/** Of what a node is, and how it is. */
const STATES = ["level", "checked", "pressed", "expanded", "selected", "disabled", "required", "invalid", "readonly", "multiline", "hasPopup", "live", "autocomplete"];
/** What says nothing by itself. */
const SILENT = new Set(["none", "generic", "InlineTextBox", "LineBreak", "ListMarker", "LayoutTable", "LayoutTableRow", "LayoutTableCell"]);

/** A text without what differs from one run to the next. */
function steady(text) {
  return text.replace(/\s+/g, " ").trim()
    .replace(/\b\d{1,2} h \d{2}\b|\b\d{1,2}:\d{2}\b/g, "WHEN")
    .replace(/(lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday),? \d{1,2}\p{L}* \p{L}+( \d{4})?/giu, "WHEN")
    .replace(/\b\d{1,2}\p{L}* (janv\.|févr\.|mars|avr\.|mai|juin|juil\.|août|sept\.|oct\.|nov\.|déc\.|Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)( \d{4})?/gu, "WHEN")
    .replace(/x{40,}/g, "xxx…");
}

/** The main part of a page as a screen reader has it, a line for each thing. */
async function tree(page) {
  const session = await page.context().newCDPSession(page);
  const { nodes } = await session.send("Accessibility.getFullAXTree");
  await session.detach();
  const known = new Map(nodes.map((node) => [node.nodeId, node]));
  const lines = [];
  const walk = (node, depth, said) => {
    const [role, name] = [node.role?.value ?? "none", steady(node.name?.value ?? "")];
    // A text that its own element was named by is said once.
    const shown = !node.ignored && !SILENT.has(role) && !(role === "StaticText" && (name === "" || said.includes(name)));
    if (shown) {
      const states = (node.properties ?? []).filter(({ name, value }) => STATES.includes(name) && ![false, "false", undefined].includes(value.value));
      const described = steady(node.description?.value ?? "");
      lines.push(`${"  ".repeat(depth)}${role}${name && ` "${name}"`}${states.map(({ name, value }) => ` ${name}=${value.value}`).join("")}${described && ` described "${described}"`}`);
    }
    // What is written in a field is its value.
    if (role === "textbox") return;
    for (const child of node.childIds ?? []) if (known.has(child)) walk(known.get(child), shown ? depth + 1 : depth, shown && role !== "StaticText" ? name : said);
  };
  walk(nodes.find(({ role, ignored }) => role?.value === "main" && !ignored), 0, "");
  return `${lines.join("\n")}\n`;
}

/** The lines that went and that came, each with the place of what went before. */
function difference(before, now) {
  const [old, fresh] = [before.split("\n"), now.split("\n")];
  const same = Array.from({ length: old.length + 1 }, () => new Array(fresh.length + 1).fill(0));
  for (let a = old.length - 1; a >= 0; a--) for (let b = fresh.length - 1; b >= 0; b--) same[a][b] = old[a] === fresh[b] ? same[a + 1][b + 1] + 1 : Math.max(same[a + 1][b], same[a][b + 1]);
  const lines = [];
  for (let [a, b] = [0, 0]; a < old.length || b < fresh.length;) {
    if (a < old.length && b < fresh.length && old[a] === fresh[b]) [a, b] = [a + 1, b + 1];
    else if (b >= fresh.length || (a < old.length && same[a + 1][b] >= same[a][b + 1])) lines.push(`${a + 1} - ${old[a++]}`);
    else lines.push(`${a + 1} + ${fresh[b++]}`);
  }
  return lines.join("\n");
}

/** A reader for each language: what one is told, the other is not. */
const READERS = { fr: CAMILLE, en: "sophie.bailleul@arras.example" };

/** A group in which the same was said in every run. */
async function makeWorld(reader, name) {
  const group = await etienne.post("/groups", { name: "Lecteurs d’écran", slug: `ecoute-${name.split(" ")[0].toLowerCase()}`, purpose: "Tout entendre", access: "invite" });
  for (const { id } of [reader, nadia]) await etienne.post(`/groups/${group.id}/members`, { user: id, role: "member" });
  const channel = await etienne.post(`/groups/${group.id}/channels`, { name: "Écoute", purpose: "Ce que l’on entend" });
  const question = await reader.post(`/channels/${channel.id}/threads`, { title: "Qui joue du xylophone ?", kind: "question", body: "Nous cherchons **quelqu’un**.\n\n- [x] demander\n- [ ] répondre" });
  const say = (who, body) => who.post(`/threads/${question.id}/messages`, { body });
  const first = await say(nadia, "Moi, avec [le guide](https://irev.fr).\n\n> Nous cherchons quelqu’un.");
  await say(nadia, "Et encore");
  await etienne.put(`/messages/${first.id}/reactions/thanks`);
  await etienne.patch(`/threads/${question.id}`, { answer: 2 });
  const poll = await etienne.post(`/threads/${question.id}/polls`, { body: "Quel jour ?", options: ["mardi", "jeudi"] });
  await nadia.put(`/messages/${poll.id}/vote`, { options: [1] });
  const removed = await say(nadia, "À retirer");
  await nadia.delete(`/messages/${removed.id}`);
  await reader.put(`/threads/${question.id}/read`, { position: 2 });
  await nadia.post(`/channels/${channel.id}/threads`, { title: "Autre chose", body: "Bonjour à tous" });
  await say(nadia, `Et toi, @${name} ?`);
  const talk = await reader.post("/conversations", { people: [nadia.id] });
  await reader.post(`/threads/${talk.thread}/messages`, { body: "Entre nous" });
  await nadia.post(`/threads/${talk.thread}/messages`, { body: "Un **violon**, entre nous ?" });
  // What is meant for somebody is told after it was said.
  for (let tries = 0; tries < 100 && !(await reader.get("/notifications")).items.some(({ extract }) => extract?.includes("Et toi")); tries++) {
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return { channel, question };
}

test("a screen reader is given the same as ever of the pages of discussions", { timeout: 240_000 }, async () => {
  /** Leaves what was said here, of all that a person of the demonstration is told. */
  const among = (said) => (page) =>
    page.evaluate((said) => {
      for (const item of document.querySelectorAll("main .list > li, main .threads > li")) if (!new RegExp(said).test(item.textContent)) item.remove();
      for (const count of document.querySelectorAll("main [role=status]")) count.textContent = count.textContent.replace(/\d+/g, "N");
    }, said);
  mkdirSync(FOLDER, { recursive: true });
  const found = [];
  for (const [locale, email] of Object.entries(READERS)) {
    const reader = await client({ url: proxy.url, data: folder.data }, email);
    const { name: known } = await reader.get("/me");
    const { channel, question } = await makeWorld(reader, known);
    await reader.form("/settings", { name: known, locale, theme: "system" });
    const visit = await context(email);
    const pages = {
      channel: [`/channels/${channel.id}`], conversations: ["/conversations", among("violon")], notifications: ["/notifications", among("xylophone|Autre chose")], search: ["/search?q=xylophone"],
      discussion: [`/threads/${question.id}`], error: [`/threads/${question.id}`, (page) => overfill(page, "#composer")],
    };
    for (const [name, [path, lead]] of Object.entries(pages)) {
      const page = await visit.newPage();
      const live = following(page);
      await page.goto(`${proxy.url}${path}`);
      await live();
      await lead?.(page);
      const now = await tree(page);
      const file = new URL(`${name}.${locale}.txt`, FOLDER);
      if (process.env.PREAU_GOLDEN === "renew") writeFileSync(file, now);
      const before = existsSync(file) ? readFileSync(file, "utf8") : "";
      if (now !== before) found.push(`${name}.${locale}:\n${difference(before, now)}`);
      await page.close();
    }
    await visit.close();
  }
  assert.equal(found.length, 0, `${found.join("\n\n")}\n\nwhere this is meant: PREAU_GOLDEN=renew node --test trees.test.mjs, and read what it wrote`);
});
