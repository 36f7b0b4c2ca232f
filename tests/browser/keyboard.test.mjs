// Every journey by the keyboard alone: nothing is pressed with a mouse, and no script gives the focus. Wherever it comes,
// it is seen, and not behind anything.
import assert from "node:assert/strict";
import { test } from "node:test";
import { CAMILLE, browser, camille, context, etienne, makeThread, nadia, proxy, stage } from "./stage.mjs";
import { following } from "./support.mjs";

stage();

/** What has the focus: its name, and what is wrong with how it is shown. */
function focused(page) {
  return page.evaluate(() => {
    const element = document.activeElement;
    if (!element || element === document.body) return { name: "", wrong: "" };
    const words = (at) => at.textContent.replace(/\s+/g, " ").trim();
    const labels = [...(element.labels ?? [])];
    const name = element.getAttribute("aria-label") ?? (labels.length > 0 ? labels.map(words).join(" ") : words(element));
    if (element.id === "content") return { name: "#content", wrong: "" };
    // A field that is not seen itself is seen by its label.
    const shown = labels.find((label) => label.contains(element) && element.getBoundingClientRect().width < 2) ?? element;
    const { outlineStyle, outlineWidth } = getComputedStyle(shown);
    const { left, top, right, bottom } = shown.getBoundingClientRect();
    const [across, down] = [[left + 3, (left + right) / 2, right - 3], [top + 3, (top + bottom) / 2, bottom - 3]];
    const points = across.flatMap((x) => down.map((y) => document.elementFromPoint(x, y)));
    const seen = points.some((point) => point && (shown.contains(point) || point.contains(shown) && point.closest("a, label") === point));
    const wrong = [
      // Of a date's own parts the browser shows which it is.
      element.matches(":focus") && (outlineStyle === "none" || parseFloat(outlineWidth) < 2) && "has no outline",
      !(right > 0 && left < innerWidth && bottom > 0 && top < innerHeight) && "is not on the screen",
      !seen && "is behind something",
    ].filter(Boolean);
    return { name, wrong: wrong.length > 0 ? `${element.outerHTML.slice(0, 160)} ${wrong.join(", ")}` : "", message: element.closest("[data-position]")?.dataset.position, link: element.closest(".message__body") !== null };
  });
}

/** The next stop, which must be seen. */
async function next(page, where, key = "Tab") {
  await page.keyboard.press(key);
  const at = await focused(page);
  assert.equal(at.wrong, "", `on the way: ${where}`);
  return at;
}

/** Goes with Tab, or another key, until something of this name has the focus; answers all the names on the way. */
async function reach(page, name, { key = "Tab", most = 150 } = {}) {
  const names = [];
  for (let stop = 0; stop < most; stop++) {
    const at = await next(page, name, key);
    names.push(at.name);
    if (name instanceof RegExp ? name.test(at.name) : at.name === name) return names;
  }
  return assert.fail(`${name} is not reached: ${names.join(" | ")}`);
}

/** Goes to something and follows it. */
async function follow(page, name, how) {
  await reach(page, name, how);
  await page.keyboard.press("Enter");
}

/** Past what every page begins with. */
async function into(page) {
  await reach(page, "Aller au contenu", { most: 1 });
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => location.hash === "#content");
}

/** A page that has just been led to. */
const come = (page, url) => page.waitForURL(url, { waitUntil: "load" });

async function somebody() {
  const visit = await context(CAMILLE);
  return { page: await visit.newPage(), close: () => visit.close() };
}

test("one signs in by the link of a mail, and by its code, and signs out", { timeout: 120_000 }, async () => {
  const visit = await browser.newContext({ locale: "fr-FR", viewport: { width: 1360, height: 700 } });
  const page = await visit.newPage();
  const ask = async () => {
    await page.goto(`${proxy.url}/sign-in`);
    await into(page);
    await reach(page, "Adresse de courriel");
    await page.keyboard.type(CAMILLE);
    await page.keyboard.press("Enter");
    await come(page, /code/);
  };
  await ask();
  await follow(page, "Voir les courriels envoyés");
  await come(page, /mailbox/);
  await follow(page, "Suivre le lien");
  await come(page, /sign-in\/[0-9a-f]{64}/);
  await follow(page, "Me connecter");
  await come(page, `${proxy.url}/`);
  await page.goto(`${proxy.url}/settings`);
  await into(page);
  await follow(page, "Me déconnecter");
  await come(page, /sign-in/);
  await ask();
  const other = await visit.newPage();
  await other.goto(`${proxy.url}/mailbox`);
  const [code] = /\b\d{6}\b/.exec(await other.locator("article").first().innerText());
  await other.close();
  await into(page);
  await reach(page, "Code à 6 chiffres");
  await page.keyboard.type(code);
  await page.keyboard.press("Enter");
  await come(page, `${proxy.url}/`);
  await visit.close();
});

test("one finds what is new, reads it message by message, answers, names somebody, and puts it otherwise", { timeout: 180_000 }, async () => {
  const thread = await makeThread(6);
  await nadia.post(`/threads/${thread.id}/messages`, { body: "Voir [le guide](https://irev.fr) et **relire**" });
  await camille.put(`/threads/${thread.id}/read`, { position: 4 });
  const { page, close } = await somebody();
  await page.goto(`${proxy.url}/`);
  await follow(page, /^Salon/);
  await come(page, /channels/);
  await into(page);
  await follow(page, "Non lues");
  await come(page, /show=unread/);
  await into(page);
  const live = following(page);
  await follow(page, /^Essai/);
  await come(page, /threads/);
  await live();
  // The row leads to what is new.
  assert.ok(page.url().endsWith("#new-messages"), page.url());
  // From what is new on, a message is its own links and no more.
  const stops = [];
  for (let stop = 0; stop < 12; stop++) {
    const at = await next(page, "what is new");
    if (at.message === undefined) break;
    stops.push(`${at.message} ${at.link ? "link" : at.name.replace(/^\d\d? h \d\d$/, "its address").replace(/, message de .*/, "")}`);
  }
  assert.deepEqual(stops, ["5", "6", "7", "8"].flatMap((message) => [`${message} its address`, `${message} Actions`, ...(message === "8" ? ["8 link"] : [])]));
  await reach(page, /Votre réponse/);
  await page.keyboard.type("Merci @nad");
  await page.getByRole("option", { name: /Nadia/ }).waitFor();
  await page.keyboard.press("Enter");
  await page.keyboard.type("pour la fote");
  await page.keyboard.press("Control+Enter");
  await page.locator("[data-position='9'] .message__body", { hasText: "@Nadia Verhaeghe pour la fote" }).waitFor();
  assert.match((await focused(page)).name, /Votre réponse/, "the focus stays where one writes");
  await page.keyboard.press("ArrowUp");
  await page.getByLabel("Modifier votre message").waitFor();
  await page.keyboard.press("Control+Home");
  await page.keyboard.type("Corrigé : ");
  await page.keyboard.press("Control+Enter");
  await page.locator("[data-position='9'] .message__body", { hasText: "Corrigé" }).waitFor();
  assert.match((await focused(page)).name, /Votre réponse/);
  // Where one writes is no trap, on either side.
  const after = await reach(page, /Joindre des documents/);
  assert.ok(after.includes("Répondre"), "what sends comes before what attaches");
  await reach(page, /Votre réponse/, { key: "Shift+Tab" });
  await reach(page, /Actions, message de Camille/, { key: "Shift+Tab", most: 6 });
  // Who comes otherwise is led there by the page itself.
  const other = await makeThread(6);
  await camille.put(`/threads/${other.id}/read`, { position: 4 });
  await page.goto(other.url);
  await into(page);
  await follow(page, "Aller aux nouveaux messages");
  await page.waitForFunction(() => location.hash === "#new-messages");
  await next(page, "what is new");
  assert.equal((await focused(page)).message, "5");
  await close();
});

test("one reacts, keeps, pins, chooses the answer, is reminded, reports, quotes, and reads again from somewhere", { timeout: 240_000 }, async () => {
  const group = await etienne.post("/groups", { name: `Au clavier ${crypto.randomUUID().slice(0, 8)}`, purpose: "", access: "invite" });
  for (const { id } of [camille, nadia]) await etienne.post(`/groups/${group.id}/members`, { user: id, role: "animator" });
  const channel = await etienne.post(`/groups/${group.id}/channels`, { name: "Clavier", purpose: "" });
  const thread = await camille.post(`/channels/${channel.id}/threads`, { kind: "question", body: "Qui a essayé ?" });
  const { id } = await nadia.post(`/threads/${thread.id}/messages`, { body: "Moi, au clavier" });
  const { page, close } = await somebody();
  const url = `${proxy.url}/threads/${thread.id}`;
  await page.goto(url);
  const act = async (name) => {
    await follow(page, "Actions, message de Nadia Verhaeghe");
    await page.locator(".menu").waitFor();
    if ((await focused(page)).name !== name) await reach(page, name);
    await page.keyboard.press("Enter");
  };
  const deeds = {
    "Merci": () => page.locator(`#message-${id}`, { hasText: "Merci 1" }).waitFor(),
    "C’est la réponse à la question": () => page.locator(`#message-${id}`, { hasText: "Réponse retenue" }).waitFor(),
    "Épingler dans la discussion": () => page.locator(`#message-${id}`, { hasText: "Épinglé" }).waitFor(),
    "Ajouter à mes favoris": async () => {
      // The menu closes when it is sent.
      const kept = async () => (await camille.get("/favourites")).items.length;
      for (let tries = 0; tries < 50 && (await kept()) === 0; tries++) await page.waitForTimeout(100);
      assert.equal(await kept(), 1);
    },
  };
  for (const [name, seen] of Object.entries(deeds)) {
    await act(name);
    await page.locator(".menu").waitFor({ state: "detached" });
    await seen();
    assert.equal((await focused(page)).name, "Actions, message de Nadia Verhaeghe", "the focus is where it was");
    await page.keyboard.press("Shift+Tab");
  }
  await act("Toutes les actions");
  await come(page, /actions/);
  await into(page);
  await follow(page, "Dans une heure");
  await come(page, (at) => at.href.startsWith(url));
  await act("Signaler ce message");
  await come(page, /report/);
  await into(page);
  await reach(page, "Qu’est-ce qui ne va pas ?");
  await page.keyboard.type("Rien : c’est un essai");
  await follow(page, "Envoyer le signalement");
  await come(page, (at) => at.href.startsWith(url));
  await act("Citer dans ma réponse");
  await come(page, /quote=/);
  // The address leads to where one writes.
  await page.waitForFunction(() => document.querySelector("#body").value.includes("Moi, au clavier"));
  await reach(page, /Votre réponse/);
  await page.keyboard.press("Control+End");
  await page.keyboard.type("Cité.");
  await page.keyboard.press("Control+Enter");
  await page.locator("[data-position='3'] blockquote").waitFor();
  await page.goto(url);
  await act("Marquer comme non lu à partir d’ici");
  await come(page, /channels/);
  await page.locator(".thread-row--unread").first().waitFor();
  await close();
});

test("one follows, mutes, puts a choice and makes it", { timeout: 120_000 }, async () => {
  const thread = await makeThread(1);
  const { page, close } = await somebody();
  const live = following(page);
  await page.goto(thread.url);
  await live();
  await into(page);
  await follow(page, "Suivre");
  await page.getByRole("button", { name: "Suivie", pressed: true }).waitFor();
  assert.equal((await focused(page)).name, "Suivie", "the focus stays on what was pressed");
  await follow(page, "Plus d’actions");
  await come(page, /actions/);
  await into(page);
  await follow(page, "Mettre en sourdine");
  await page.getByRole("button", { name: "Mettre en sourdine", pressed: true }).waitFor();
  assert.deepEqual(await camille.get(`/threads/${thread.id}/follow`), { level: "muted" });
  await page.goto(thread.url);
  await into(page);
  await follow(page, "Poser un choix (sondage)");
  await come(page, /polls/);
  await into(page);
  await reach(page, "Votre question");
  await page.keyboard.type("Quel jour ?");
  await reach(page, "Choix proposés, un par ligne", { most: 1 });
  await page.keyboard.type("Jeudi\nVendredi");
  await follow(page, "Publier le sondage");
  await come(page, (at) => at.href.startsWith(thread.url));
  await page.locator(".poll").waitFor();
  await reach(page, "Jeudi");
  await page.keyboard.press("ArrowDown");
  assert.equal((await focused(page)).name, "Vendredi");
  await follow(page, "Envoyer mon choix", { most: 2 });
  await page.getByText("1 réponse").first().waitFor();
  await close();
});

test("one searches, opens what was found, goes elsewhere by its name, and publishes", { timeout: 120_000 }, async () => {
  const { page, close } = await somebody();
  await page.goto(`${proxy.url}/documents`);
  await reach(page, "Rechercher un message, un document, une personne");
  await page.keyboard.type("protocole");
  await page.keyboard.press("Enter");
  await come(page, /search/);
  await into(page);
  await reach(page, "Rechercher");
  await follow(page, /protocole/i);
  await come(page, (at) => !at.pathname.startsWith("/search"));
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox").waitFor();
  await page.keyboard.type("évaluation");
  await page.locator("[role=option][aria-selected=true]", { hasText: "Évaluation" }).first().waitFor();
  await page.keyboard.press("Enter");
  await come(page, /channels/);
  await follow(page, "Publier");
  await come(page, /publish/);
  await into(page);
  await follow(page, "Poser une question");
  await come(page, /intent=ask/);
  await into(page);
  await reach(page, "Salon");
  await page.keyboard.press("ArrowDown");
  await follow(page, "Écrire");
  await come(page, /channels/);
  await into(page);
  await reach(page, "Votre message");
  await page.keyboard.type("Qui publie au clavier ?");
  await follow(page, "Publier");
  await come(page, /threads/);
  await page.locator(".message__body", { hasText: "Qui publie au clavier ?" }).waitFor();
  await close();
});

test("one sees what is meant for oneself, chooses how much of it one hears, and changes one’s settings", { timeout: 120_000 }, async () => {
  const thread = await makeThread(1);
  for (const number of [1, 2]) await nadia.post(`/threads/${thread.id}/messages`, { body: `@Camille Delattre ${number} ?` });
  const { page, close } = await somebody();
  await page.goto(`${proxy.url}/`);
  await page.locator(".bell .pill").waitFor();
  const live = following(page);
  await follow(page, /^À lire/);
  await come(page, /notifications/);
  await live();
  await into(page);
  const unseen = await page.locator(".inbox__unseen").count();
  await follow(page, "Marquer comme vu, message de Nadia Verhaeghe");
  await page.waitForFunction((count) => document.querySelectorAll(".inbox__unseen").length === count - 1, unseen);
  const kept = await focused(page);
  assert.notEqual(kept.name, "", "the focus is not lost with what was pressed");
  await reach(page, "Mettre en sourdine");
  await page.keyboard.press("Space");
  await page.getByRole("button", { name: "Mettre en sourdine", pressed: true }).first().waitFor();
  assert.deepEqual(await camille.get(`/threads/${thread.id}/follow`), { level: "muted" });
  await follow(page, "Tout marquer comme vu", { key: "Shift+Tab" });
  await page.waitForFunction(() => document.querySelectorAll(".inbox__unseen").length === 0);
  await into(page).catch(async () => {
    await page.goto(`${proxy.url}/notifications`);
    await into(page);
  });
  await follow(page, /Nadia Verhaeghe/);
  await come(page, /threads/);
  await follow(page, /Mon compte/);
  await come(page, /settings/);
  await into(page);
  await reach(page, "Apparence");
  await page.keyboard.type("Somb");
  await reach(page, /La touche Entrée envoie/);
  await page.keyboard.press("Space");
  await page.keyboard.press("Space");
  await follow(page, "Enregistrer mes préférences");
  await page.getByText("C’est enregistré.").waitFor();
  assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), "dark");
  await close();
});

test("from the first to the last stop of a page and back, nothing holds the focus, and nothing is out of order", { timeout: 120_000 }, async () => {
  const thread = await makeThread(3);
  const { page, close } = await somebody();
  for (const path of ["/", `/threads/${thread.id}`, `/channels/${thread.channel.id}`, `/channels/${thread.channel.id}?new=1`, `/messages/${thread.messages[1].id}/actions`, "/notifications", "/search?q=protocole"]) {
    await page.goto(`${proxy.url}${path}`);
    const stops = [];
    // After the last stop comes the browser, or the first again.
    const isFirst = () => page.evaluate(() => document.activeElement === document.passed?.[0]);
    for (let at = await next(page, path); at.name !== "" && stops.length < 250 && !(await isFirst()); at = await next(page, path)) {
      stops.push(at.name);
      await page.evaluate(() => (document.passed ??= []).push(document.activeElement));
    }
    assert.ok(stops.length > 10 && stops.length < 250, `${path}: ${stops.slice(-10)}`);
    // And back to the first; a date may be some more stops from its other end.
    let back = 0;
    do await next(page, path, "Shift+Tab");
    while (++back < stops.length + 10 && !(await isFirst()));
    assert.ok(await isFirst(), `${path}: back at the first stop after ${back}, ${stops.length} forth`);
    // A date is several stops.
    const disordered = await page.evaluate(() => document.passed
      .filter((stop, at, stops) => at > 0 && stop !== stops[at - 1] && (stops[at - 1].compareDocumentPosition(stop) & Node.DOCUMENT_POSITION_FOLLOWING) === 0)
      .concat(...document.querySelectorAll("[tabindex]:not([tabindex='0'], [tabindex='-1'])")).map((stop) => stop.outerHTML.slice(0, 120)));
    assert.deepEqual(disordered, [], `${path}: the order is that of the text`);
  }
  await close();
});
