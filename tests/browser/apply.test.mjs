// Fetch, then apply, is fetching after (I4), in the page: for every kind of event, a page that was open while it happened
// shows what a fresh one shows, and what somebody was doing there goes on.
import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { client, following, png, signIn, startBrowser, startServer } from "./support.mjs";

const CAMILLE = "camille.delattre@lille.example";
const NADIA = "nadia.verhaeghe@loos.example";
const DRAFT = "Une réponse que j’écris";
const KINDS = [...readFileSync(new URL("../../server/words/src/events.rs", import.meta.url), "utf8").matchAll(/^ +\w+ = "(\w+\.\w+)",$/gm)].map(([, kind]) => kind);

let server;
let elsewhere;
let browser;
let etienne;
let nadia;
let camille;
let world;

before(async () => {
  elsewhere = createServer((_, answer) => answer.setHeader("content-type", "text/html").end("<title>Une page d’ailleurs</title>")).listen(0, "127.0.0.1");
  await once(elsewhere, "listening");
  [server, browser] = await Promise.all([startServer("--outgoing-allowed", `127.0.0.1:${elsewhere.address().port}`), startBrowser()]);
  [etienne, nadia, camille] = await Promise.all(
    ["etienne.caron@irev.example", NADIA, CAMILLE].map((email) => client(server, email)),
  );
  world = await makeWorld();
});

after(async () => {
  await browser?.close();
  await server?.stop();
  elsewhere?.close();
});

/** A group with one of everything, and a conversation of the three. */
async function makeWorld() {
  const group = await etienne.post("/groups", { name: "Essais", purpose: "Tout essayer", access: "open" });
  const other = await etienne.post("/groups", { name: "À côté", purpose: "", access: "open" });
  for (const person of [camille, nadia]) await etienne.post(`/groups/${group.id}/members`, { user: person.id, role: "member" });
  const channel = await etienne.post(`/groups/${group.id}/channels`, { name: "Essayer", purpose: "" });
  const spare = await etienne.post(`/groups/${group.id}/channels`, { name: "De reste", purpose: "" });
  const thread = await etienne.post(`/channels/${channel.id}/threads`, { kind: "question", body: "Qui a déjà essayé ?" });
  const messages = [thread.message];
  for (let count = 1; count <= 12; count++) {
    messages.push(await [nadia, camille, etienne][count % 3].post(`/threads/${thread.id}/messages`, { body: `Réponse ${count}` }));
  }
  const document = await etienne.upload(`/groups/${group.id}/documents`, { title: "Un outil", type: "tool" }, "outil.csv");
  const meeting = await etienne.post(`/groups/${group.id}/meetings`, scheduled("Se voir"));
  const { thread: between } = await etienne.post("/conversations", { people: [camille.id, nadia.id] });
  const said = [];
  for (const person of [etienne, camille, nadia, etienne]) said.push(await person.post(`/threads/${between}/messages`, { body: "Entre nous" }));
  return { group, other, channel, spare, thread, messages, document, meeting, between, said };
}

function scheduled(title) {
  return { title, objective: "Essayer", starts_at: "2031-10-02T07:30:00Z", ends_at: "2031-10-02T09:30:00Z", timezone: "Europe/Paris", mode: "hybrid" };
}

/** A removal that is undone, of what was pinned, reacted to and begins a thread: no kind of its own. */
const UNDONE = async ({ thread, messages }) => {
  const [first, other] = [messages[0], messages[9]];
  await nadia.put(`/messages/${first.id}/reactions/useful`);
  await etienne.form(`/messages/${other.id}/pin`, { on: "true" });
  for (const { id } of [first, other]) await etienne.delete(`/messages/${id}`);
  for (const { id } of [first, other]) await etienne.delete(`/messages/${id}/removal`);
  assert.equal((await nadia.get(`/threads/${thread.id}/messages?limit=1&after=0`)).items[0].deleted_at, null);
};

/** What happens, a kind each. Several may come with it; a kind without its line fails. */
const CASES = {
  "message.created": async ({ thread, spare, between }) => {
    await camille.post(`/threads/${between}/messages`, { body: "Rien qu’entre nous" });
    await nadia.post(`/threads/${thread.id}/messages`, { body: "Encore **une**" });
    await nadia.post(`/threads/${(await nadia.get(`/channels/${spare.id}/threads`)).items[0].id}/messages`, { body: "Ailleurs" });
  },
  "message.edited": async ({ messages, said }) => {
    await nadia.patch(`/messages/${messages[3].id}`, { body: "Réponse 3, mieux" });
    await etienne.patch(`/messages/${said[0].id}`, { body: "Entre nous trois" });
  },
  "message.previewed": async ({ group, thread }) => {
    await etienne.patch(`/groups/${group.id}`, { link_previews: true });
    const { seq } = await nadia.get(`/groups/${group.id}`);
    await nadia.post(`/threads/${thread.id}/messages`, { body: `Voir http://127.0.0.1:${elsewhere.address().port}/page` });
    // What it says is one event, and what its link shows another.
    const found = async () => (await nadia.get(`/groups/${group.id}`)).seq >= seq + 2;
    for (let tries = 0; tries < 50 && !(await found()); tries++) await new Promise((resolve) => setTimeout(resolve, 100));
    assert.ok(await found(), "it was found");
  },
  "reaction.set": async ({ messages, said }) => {
    await nadia.put(`/messages/${messages[2].id}/reactions/thanks`);
    await camille.put(`/messages/${said[3].id}/reactions/thanks`);
  },
  "vote.set": async ({ thread, between }) => {
    for (const id of [thread.id, between]) {
      const poll = await nadia.post(`/threads/${id}/polls`, { body: "Quel jour ?", options: ["mardi", "jeudi"] });
      await camille.put(`/messages/${poll.id}/vote`, { options: [1] });
      await nadia.put(`/messages/${poll.id}/vote`, { options: [0] });
    }
  },
  "favourite.set": ({ messages }) => camille.put(`/favourites/${messages[1].id}`),
  "message.deleted": async ({ messages, said }) => {
    await nadia.delete(`/messages/${messages[6].id}`);
    await camille.delete(`/messages/${said[1].id}`);
  },
  "thread.updated": async ({ thread, messages }) => {
    await etienne.patch(`/messages/${messages[0].id}`, { body: "Qui a essayé, et comment ?" });
    await etienne.patch(`/threads/${thread.id}`, { status: "resolved" });
  },
  "thread.moved": async ({ thread, channel, spare }) => {
    await etienne.patch(`/threads/${thread.id}`, { pinned: true });
    await etienne.patch(`/threads/${thread.id}`, { channel: spare.id });
    await etienne.patch(`/threads/${thread.id}`, { channel: channel.id, pinned: false });
  },
  "follow.set": async ({ thread, between }) => {
    await nadia.put(`/threads/${between}/follow`, { level: "muted" });
    await camille.post(`/threads/${between}/messages`, { body: "Sans bruit" });
    await camille.put(`/threads/${thread.id}/follow`, { level: "muted" });
    await nadia.post(`/threads/${thread.id}/messages`, { body: "Sans bruit" });
    await camille.put(`/threads/${thread.id}/follow`, { level: "followed" });
  },
  "notification.created": async ({ thread, between }) => {
    await nadia.post(`/threads/${thread.id}/messages`, { body: "Et toi, @Camille Delattre ?" });
    await nadia.put(`/threads/${between}/follow`, { level: "normal" });
    await etienne.post(`/threads/${between}/messages`, { body: "Et vous ?" });
  },
  "notification.seen": async () => {
    for (let tries = 0; tries < 50; tries++) {
      const { items } = await camille.get("/notifications");
      if (items[0]) return camille.delete(`/notifications/${items[0].id}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  },
  "thread.created": ({ channel }) => nadia.post(`/channels/${channel.id}/threads`, { title: "Autre chose", body: "Bonjour" }),
  "channel.created": ({ group }) => etienne.post(`/groups/${group.id}/channels`, { name: "Tout neuf", purpose: "" }),
  "channel.updated": ({ channel }) => etienne.patch(`/channels/${channel.id}`, { name: "Essayer ensemble", purpose: "Pour voir" }),
  "channel.archived": ({ spare }) => etienne.patch(`/channels/${spare.id}`, { archived: true }),
  "group.updated": ({ group }) => etienne.patch(`/groups/${group.id}`, { name: "Essais variés", purpose: "Encore", link_previews: false }),
  "member.added": async ({ group }) => etienne.post(`/groups/${group.id}/members`, { user: (await client(server, "sophie.bailleul@arras.example")).id, role: "guest" }),
  "member.changed": ({ group }) => etienne.post(`/groups/${group.id}/members`, { user: nadia.id, role: "animator" }),
  "document.created": ({ group }) => nadia.upload(`/groups/${group.id}/documents`, { title: "Un autre", type: "guide" }, "guide.pdf"),
  "document.updated": async ({ group, thread, document }) => {
    await etienne.patch(`/documents/${document.id}`, { title: "Un bon outil", purpose: "Mesurer" });
    const { id } = await nadia.upload(`/groups/${group.id}/files`, {}, "plan.png", png(40, 30));
    const { attachments } = await nadia.post(`/threads/${thread.id}/messages`, { body: "", attachments: [id] });
    await nadia.patch(`/documents/${attachments[0].document}`, { title: "Le plan du quartier" });
  },
  "meeting.created": ({ group }) => etienne.post(`/groups/${group.id}/meetings`, scheduled("Se revoir")),
  "meeting.updated": ({ meeting }) => etienne.patch(`/meetings/${meeting.id}`, { place: "Arras", agenda: [{ title: "Météo", minutes: 10 }] }),
  "rsvp.set": ({ meeting }) => nadia.put(`/meetings/${meeting.id}/rsvp`, { answer: "remote" }),
  "read.moved": async ({ spare, channel, between }) => {
    await camille.put(`/threads/${between}/read`, { position: 4 });
    const threads = [...(await camille.get(`/channels/${channel.id}/threads`)).items, ...(await camille.get(`/channels/${spare.id}/threads`)).items];
    for (const { id, last_position } of threads) await camille.put(`/threads/${id}/read`, { position: last_position });
  },
  "group.joined": async ({ other }) => {
    await camille.post(`/groups/${other.id}/members`, { user: camille.id });
    const { thread } = await etienne.post("/conversations", { people: [nadia.id, (await client(server, "sophie.bailleul@arras.example")).id] });
    await etienne.post(`/threads/${thread}/messages`, { body: "À nous" });
  },
  "group.left": async ({ other }) => {
    await camille.delete(`/groups/${other.id}/members/${camille.id}`);
    const { items } = await nadia.get("/conversations");
    await nadia.delete(`/conversations/${items[0].id}`);
  },
  "member.removed": async ({ group, between }) => {
    await etienne.delete(`/groups/${group.id}/members/${(await client(server, "sophie.bailleul@arras.example")).id}`);
    const { items } = await etienne.get("/conversations");
    await etienne.delete(`/conversations/${items.find(({ thread }) => thread === between).id}`);
  },
  "settings.updated": async () => {
    await nadia.form("/settings", { name: "Nadia V.", locale: "fr", theme: "light" });
    await camille.form("/settings", { name: "Camille D.", locale: "en", theme: "dark" });
    await camille.form("/settings", { name: "Camille D.", locale: "fr", theme: "light" });
  },
  "document.deleted": async ({ group }) => {
    const { items } = await etienne.get(`/groups/${group.id}/documents`);
    await etienne.delete(`/documents/${items.find(({ title }) => title === "Un autre").id}`);
  },
};

/** What a page shows, line by line, without what is its own: ids that it made, and what scripts alone keep. */
function shown() {
  const lines = [document.title];
  const walk = (element, depth) => {
    if (element.matches("template, #new-messages, .thread__to-new, #latest, [data-composer-status], [data-scripted]")) return;
    const attributes = [...element.attributes]
      .filter(({ name }) => !["nonce", "open", "data-read-positions", "data-read-position", "class"].includes(name))
      .filter(({ name }) => !(name === "value" && element.matches("[type=hidden][name=id], [type=hidden][name=message_id]")))
      // Which threads are unread is a set.
      .map(({ name, value }) => `${name}="${name === "data-unread-threads" ? value.split(" ").sort().join(" ") : value}"`);
    // What is new begins with its author's name, and on the fresh page something else is new.
    const classes = [...element.classList].filter((name) => name !== "message--grouped").sort().join(" ");
    lines.push(`${" ".repeat(depth)}<${element.localName} ${[...attributes.sort(), classes && `class="${classes}"`].join(" ")}>`);
    for (const child of element.childNodes) {
      if (child.nodeType === 1) walk(child, depth + 1);
      else if (child.nodeType === 3 && child.data.trim()) lines.push(`${" ".repeat(depth + 1)}${child.data.trim().replace(/\s+/g, " ")}`);
    }
  };
  for (const part of document.querySelectorAll("header.header, nav.navigation, nav.bar, main")) walk(part, 0);
  return lines;
}

/** The first lines in which two pages differ. */
function difference(live, fresh) {
  const at = live.findIndex((line, index) => line !== fresh[index]);
  if (at < 0 && live.length === fresh.length) return "";
  const from = at < 0 ? Math.min(live.length, fresh.length) : at;
  return `live:\n${live.slice(from, from + 6).join("\n")}\nfresh:\n${fresh.slice(from, from + 6).join("\n")}`;
}

test("every kind of event has a case", () => {
  assert.ok(KINDS.length >= 23, KINDS.join(" "));
  assert.deepEqual(KINDS.filter((kind) => !(kind in CASES)), []);
});

/** Somebody's pages, open and live; `fresh` answers what a page shows that is opened now. */
async function watcher(email, addresses) {
  const context = await browser.newContext({ locale: "fr-FR", viewport: { width: 1360, height: 600 } });
  context.setDefaultTimeout(10_000);
  await context.addInitScript(`globalThis.shown = ${shown}`);
  const first = await context.newPage();
  const firstLive = following(first);
  await signIn(first, server, email);
  const pages = {};
  for (const [name, address] of Object.entries(addresses)) {
    pages[name] = await context.newPage();
    const live = following(pages[name]);
    await pages[name].goto(`${server.url}${address}`);
    await live();
  }
  const fresh = async (name) => {
    await first.goto(`${server.url}${addresses[name]}`);
    await firstLive();
    return first.evaluate(() => shown());
  };
  return { pages, fresh, close: () => context.close() };
}

test("a page that was open shows what a fresh one shows, for every kind of event", { timeout: 600_000 }, async () => {
  const { group, channel, thread, document: tool, meeting, between } = world;
  // Nobody has more than ten connections.
  const watchers = [
    await watcher(CAMILLE, {
      thread: `/threads/${thread.id}`, channel: `/channels/${channel.id}`, filtered: `/channels/${channel.id}?show=unread`, home: "/",
      inbox: "/notifications", favourites: "/favourites", meeting: `/meetings/${meeting.id}`,
    }),
    await watcher(NADIA, {
      group: `/groups/${group.slug}`, members: `/groups/${group.slug}/members`, library: "/documents", document: `/documents/${tool.id}`, meetings: "/meetings",
      conversation: `/threads/${between}`, conversations: "/conversations",
    }),
  ];
  const { pages } = watchers[0];
  // Somebody is at it: writes, holds the focus on a message further up, and has chosen an answer without sending it.
  await pages.thread.getByLabel("Votre réponse").fill(DRAFT);
  await pages.thread.evaluate((id) => {
    document.querySelector(`#message-${id} .message__actions`).focus();
    document.querySelector(`#message-${id}`).scrollIntoView({ block: "center" });
  }, world.messages[2].id);
  await pages.meeting.getByLabel("Je viens sur place").check();
  const doing = () =>
    pages.thread.evaluate((id) => ({
      focus: document.activeElement?.closest("li")?.id,
      at: Math.round(document.querySelector(`#message-${id}`).getBoundingClientRect().top),
      typed: document.querySelector("#body").value,
    }), world.messages[2].id);
  const before = await doing();
  assert.deepEqual([before.focus, before.typed], [`message-${world.messages[2].id}`, DRAFT]);

  const found = [];
  for (const [kind, happens] of Object.entries({ ...CASES, "a removal that was undone": UNDONE })) {
    await happens(world);
    for (const { pages, fresh } of watchers) {
      for (const [name, open] of Object.entries(pages)) {
        // It converges: fragments come at once, a page that is fetched again a moment later. What somebody is told of the
        // same may come after the first fresh one was.
        const same = (expected) => JSON.stringify(shown()) === expected;
        let differs;
        for (let tries = 0; tries < 2; tries++) {
          const expected = await fresh(name);
          await open.waitForFunction(same, JSON.stringify(expected), { timeout: 6_000, polling: 50 }).catch(() => {});
          differs = difference(await open.evaluate(() => shown()), expected);
          if (!differs) break;
        }
        if (differs) found.push(`${kind}, ${name}:\n${differs}`);
      }
    }
    const now = await doing();
    if (Math.abs(now.at - before.at) > 2 || now.focus !== before.focus || now.typed !== before.typed) found.push(`${kind}: ${JSON.stringify([before, now])}`);
    if (!(await pages.meeting.getByLabel("Je viens sur place").isChecked())) found.push(`${kind}: the answer that was chosen is lost`);
  }
  assert.equal(found.length, 0, found.join("\n\n"));
  for (const { close } of watchers) await close();
});
