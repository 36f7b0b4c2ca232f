// The live discussion among several: what is read stays where it is, and everybody sees what they may.
import assert from "node:assert/strict";
import { test } from "node:test";
import { NADIA, box, camille, context, etienne, makeThread, nadia, open, proxy, say, shown, shows, stage, stored } from "./stage.mjs";
import { violations } from "./support.mjs";

stage();

test("what others say moves neither the focus, nor what is read, nor what is typed, and is announced once", { timeout: 90_000 }, async () => {
  const thread = await makeThread(30);
  const mine = await context();
  const page = await open(mine, thread);
  await box(page).fill("en cours");
  const second = thread.messages[12].id;
  await page.evaluate((id) => {
    document.querySelector(`#message-${id}`).scrollIntoView({ block: "center" });
    document.querySelector(`#message-${id} .message__actions`).focus({ preventScroll: true });
    globalThis.said = [];
    new MutationObserver(() => globalThis.said.push(document.querySelector("#announcer").textContent)).observe(
      document.querySelector("#announcer"), { childList: true, characterData: true, subtree: true });
  }, second);
  const place = () =>
    page.evaluate((id) => [`${document.activeElement.closest("li").id} ${document.activeElement.className}`, document.querySelector(`#message-${id}`).getBoundingClientRect().top, document.querySelector("#body").value], second);
  const before = await place();
  for (const text of ["un", "deux", "trois"]) await nadia.post(`/threads/${thread.id}/messages`, { body: text });
  await page.locator(".message__body", { hasText: "trois" }).waitFor();
  // An edit above what is read, and a reaction to what has the focus.
  await etienne.patch(`/messages/${thread.messages[0].id}`, { body: "Bonjour\n\nà\n\ntoutes\n\net à tous" });
  await nadia.put(`/messages/${second}/reactions/thanks`);
  await page.getByText("Merci 1").waitFor();
  await page.getByText("et à tous").first().waitFor();
  const now = await place();
  assert.deepEqual([now[0], now[2]], [before[0], before[2]]);
  assert.ok(Math.abs(now[1] - before[1]) < 2, `moved from ${before[1]} to ${now[1]}`);
  await page.waitForFunction(() => globalThis.said.length > 0);
  assert.deepEqual(await page.evaluate(() => globalThis.said), ["3 nouveaux messages"]);
  await page.locator("#latest", { hasText: "3 nouveaux messages" }).waitFor();
  assert.equal(await page.getByRole("button", { name: /aller en bas/ }).count(), 1);
  // Removed while it has the focus, the focus stays where it was rather than nowhere.
  await nadia.delete(`/messages/${second}`);
  await page.locator(`#message-${second}`, { hasText: "Message retiré" }).waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.closest("li")?.id), `message-${second}`);
  await page.locator("#latest").click();
  await page.waitForFunction(() => document.documentElement.scrollHeight - scrollY - innerHeight < 5);
  assert.ok(await page.locator("#latest").isHidden());
  await mine.close();
});

test("a screen reader is told how many messages came, or nothing, for who chose so", { timeout: 60_000 }, async () => {
  const thread = await makeThread(1);
  const mine = await context();
  const page = await open(mine, thread);
  const choose = (announce) => camille.form("/settings", { name: "Camille Delattre", locale: "fr", theme: "system", announce });
  const chosen = (announce) => page.locator(`#announcer[data-announce=${announce}]`).waitFor({ state: "attached" });
  const told = () => page.evaluate(() => document.querySelector("#announcer").textContent);
  await choose("count");
  await chosen("count");
  await nadia.post(`/threads/${thread.id}/messages`, { body: "Combien" });
  await page.locator("#announcer", { hasText: "1 nouveau message" }).waitFor({ state: "attached" });
  await choose("nothing");
  await chosen("nothing");
  await nadia.post(`/threads/${thread.id}/messages`, { body: "Rien" });
  await page.locator(".message__body", { hasText: "Rien" }).waitFor();
  await page.waitForTimeout(1_500);
  assert.equal(await told(), "1 nouveau message", "what was told before stands, and nothing was told since");
  await choose("words");
  await chosen("words");
  await nadia.post(`/threads/${thread.id}/messages`, { body: "Des mots" });
  await page.locator("#announcer", { hasText: "Nadia Verhaeghe, Des mots" }).waitFor({ state: "attached" });
  await mine.close();
});

test("two tabs of one person show what either says once, and keep what each is writing", { timeout: 90_000 }, async () => {
  const thread = await makeThread(0);
  const mine = await context();
  const [one, two] = [await open(mine, thread), await open(mine, thread)];
  await box(two).fill("dans l’autre");
  proxy.cut();
  const expected = ["Bonjour"];
  for (const number of [1, 2, 3, 4]) {
    const page = number % 2 ? one : two;
    await say(page, `n${number}`);
    // Each waits for the other's to be kept, so that there is an order to hold.
    for (const tab of [one, two]) await tab.waitForFunction((count) => document.querySelectorAll(".message--unsent").length === count, number);
    expected.push(`n${number}`);
  }
  await box(one).fill("ici");
  await box(two).fill("là");
  proxy.heal();
  for (const page of [one, two]) await shows(page, expected);
  assert.deepEqual(await stored(thread), expected);
  await nadia.post(`/threads/${thread.id}/messages`, { body: "et **moi**" });
  for (const page of [one, two]) await shows(page, [...expected, "et moi"]);
  const fresh = await open(mine, thread);
  for (const page of [one, two]) assert.deepEqual(await list(page), await list(fresh), "what was sent here is what a fresh page shows");
  assert.deepEqual([await box(one).inputValue(), await box(two).inputValue()], ["ici", "là"]);
  await mine.close();
});

/** What the list of a page shows, entry by entry. */
const list = (page) =>
  page.evaluate(() =>
    [...document.querySelectorAll(".thread__messages > li:not(#new-messages)")].map(({ id, textContent }) => `${id} ${textContent.replace(/\s+/g, " ").trim()}`),
  );

test("who writes is shown to who chose to see it, in a line that is there already, until it arrives or they choose otherwise", { timeout: 90_000 }, async () => {
  const thread = await makeThread(0);
  const choose = (person, name, typing) => person.form("/settings", { name, locale: "fr", theme: "system", ...(typing && { typing: "true" }) });
  await choose(nadia, "Nadia Verhaeghe", true);
  await choose(camille, "Camille Delattre", true);
  const [hers, mine] = [await context(NADIA), await context()];
  const [writing, reading] = [await open(hers, thread), await open(mine, thread)];
  const place = () => box(reading).boundingBox();
  const before = await place();
  await reading.evaluate(() => {
    globalThis.told = [];
    const line = document.querySelector("[data-typing]");
    new MutationObserver(() => line.textContent && told.push(line.textContent)).observe(line, { childList: true });
  });
  await box(writing).pressSequentially("Je pense");
  await reading.waitForFunction(() => document.querySelector("[data-typing]").textContent === "Nadia Verhaeghe écrit…");
  assert.deepEqual(await place(), before, "nothing moves");
  assert.equal(await reading.locator("#announcer").textContent(), "", "and nothing is read out");
  assert.deepEqual(await violations(reading), []);
  assert.equal(await writing.locator("[data-typing]").textContent(), "", "one is not told of oneself");
  await writing.keyboard.press("Control+Enter");
  await shows(reading, ["Bonjour", "Je pense"]);
  assert.equal(await reading.locator("[data-typing]").textContent(), "");
  await choose(nadia, "Nadia Verhaeghe", false);
  await writing.waitForFunction(() => document.querySelector("[data-typing]") === null);
  await box(writing).pressSequentially("Et encore");
  await writing.keyboard.press("Control+Enter");
  await shows(reading, ["Bonjour", "Je pense", "Et encore"]);
  assert.deepEqual(await reading.evaluate(() => told), ["Nadia Verhaeghe écrit…"]);
  await choose(camille, "Camille Delattre", false);
  for (const context of [hers, mine]) await context.close();
});

test("who is removed sees the part go, and keeps what was typed", { timeout: 90_000 }, async () => {
  const thread = await makeThread(0);
  const mine = await context();
  const page = await open(mine, thread);
  await box(page).fill("presque fini");
  await etienne.delete(`/groups/${thread.group.id}/members/${camille.id}`);
  await page.getByLabel("Votre texte").waitFor();
  assert.equal(await page.getByLabel("Votre texte").inputValue(), "presque fini");
  assert.equal(await page.locator(".thread__messages").count(), 0);
  assert.equal(await page.locator(`#channels-${thread.group.id}`).count(), 0, "the navigation forgets the group");
  assert.deepEqual(await violations(page), []);
  await mine.close();
});
