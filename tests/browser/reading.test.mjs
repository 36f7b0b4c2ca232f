// Reading: a thread opens at what is new, its marker stays, and a long one is read by scrolling, without losing one's place.
import assert from "node:assert/strict";
import { test } from "node:test";
import { CAMILLE, camille, context, etienne, makeThread, nadia, stage } from "./stage.mjs";
import { following } from "./support.mjs";

stage();

async function reader() {
  const visitor = await context(CAMILLE);
  const page = await visitor.newPage();
  const live = following(page);
  return { page, live, close: () => visitor.close() };
}

/** Where something is on the screen, from its top. */
function top(page, id) {
  return page.evaluate((id) => Math.round(document.getElementById(id).getBoundingClientRect().top), id);
}

/** The first and the last position that a page shows. */
function shown(page) {
  return page.evaluate(() => {
    const positions = [...document.querySelectorAll(".thread__messages > [data-position]")].map(({ dataset }) => Number(dataset.position));
    return [positions[0], positions.at(-1), positions.every((position, index) => index === 0 || position === positions[index - 1] + 1)];
  });
}

test("a thread opens at what is new, and the marker stays where it is while one reads", async () => {
  const thread = await makeThread(60);
  await camille.put(`/threads/${thread.id}/read`, { position: 30 });
  const { page, live, close } = await reader();
  await page.goto(thread.url);
  await live();
  const marker = await page.evaluate(() => {
    const item = document.getElementById("new-messages");
    return { after: item.previousElementSibling.dataset.position, before: item.nextElementSibling.dataset.position, top: item.getBoundingClientRect().top, height: innerHeight };
  });
  assert.deepEqual([marker.after, marker.before], ["30", "31"]);
  assert.ok(marker.top > 0 && marker.top < marker.height, "it is in sight");
  await nadia.post(`/threads/${thread.id}/messages`, { body: "En voici un de plus" });
  await page.locator(".message__body", { hasText: "En voici un de plus" }).waitFor({ state: "attached" });
  await page.getByRole("button", { name: "1 nouveau message — aller en bas" }).waitFor();
  // The page is fetched again for another reason.
  await etienne.patch(`/threads/${thread.id}`, { title: "Essai, encore" });
  await page.getByRole("heading", { name: "Essai, encore" }).waitFor();
  const now = await page.evaluate(() => {
    const item = document.getElementById("new-messages");
    return [item.previousElementSibling?.dataset.position, item.nextElementSibling?.dataset.position];
  });
  assert.deepEqual(now, ["30", "31"]);
  assert.ok(Math.abs((await top(page, "new-messages")) - marker.top) <= 2, "nothing moved under the eyes");
  await close();
});

test("a long thread is read by scrolling, both ways, and one comes back to one’s place", { timeout: 90_000 }, async () => {
  const thread = await makeThread(260);
  await camille.put(`/threads/${thread.id}/read`, { position: 261 });
  const { page, live, close } = await reader();
  await page.goto(thread.url);
  await live();
  assert.deepEqual(await shown(page), [212, 261, true]);
  const read = await page.evaluate(() => document.querySelector('[data-position="212"]').id);
  await page.evaluate(() => scrollTo(0, 0));
  await page.waitForFunction(() => document.querySelector('[data-position="162"]'));
  await page.waitForTimeout(300);
  assert.ok((await top(page, read)) > 0, "what was at the top is still in sight, with more above it");
  assert.match(page.url(), /from=\d+$/, "the address says what is shown");
  for (let tries = 0; tries < 40 && (await shown(page))[0] > 1; tries++) {
    await page.evaluate(() => scrollTo(0, 0));
    await page.waitForTimeout(150);
  }
  assert.deepEqual(await shown(page), [1, 261, true]);
  // Elsewhere and back: the same messages, at the same place.
  await page.evaluate(() => document.querySelector('[data-position="100"]').scrollIntoView({ block: "center" }));
  await page.waitForTimeout(200);
  const [id, before] = await page.evaluate(() => {
    const item = document.querySelector('[data-position="100"]');
    return [item.id, Math.round(item.getBoundingClientRect().top)];
  });
  await page.goto(`${new URL(thread.url).origin}/help`);
  await page.goBack();
  await page.waitForFunction((id) => document.getElementById(id), id);
  await page.waitForTimeout(500);
  assert.ok(Math.abs((await top(page, id)) - before) < 80, `${await top(page, id)} and ${before}`);
  await close();
});

test("a message’s address opens it among those around it, and what comes is counted beyond", async () => {
  const thread = await makeThread(120);
  await camille.put(`/threads/${thread.id}/read`, { position: 121 });
  const { page, live, close } = await reader();
  const wanted = thread.messages[40];
  await page.goto(`${new URL(thread.url).origin}/messages/${wanted.id}`);
  await live();
  const at = await top(page, `message-${wanted.id}`);
  const height = await page.evaluate(() => innerHeight);
  assert.ok(at > 0 && at < height, `${at} of ${height}`);
  const latest = page.getByRole("link", { name: /nouveaux messages — aller en bas/ });
  const count = async () => Number((await latest.textContent()).match(/\d+/)[0]);
  // Near an end of what is shown the page asks for more by itself.
  let before;
  do {
    before = await count();
    await page.waitForTimeout(700);
  } while (before !== (await count()));
  await nadia.post(`/threads/${thread.id}/messages`, { body: "Tout au bout" });
  await page.waitForFunction((count) => document.getElementById("latest").textContent.startsWith(String(count)), before + 1);
  assert.equal(await page.getByText("Tout au bout").count(), 1, "in the list of threads alone: it is not put after a hole");
  await latest.click();
  await page.locator(".thread__messages", { hasText: "Tout au bout" }).waitFor();
  await close();
});

test("messages of one author in a row stand together, live as on a fresh page", async () => {
  const thread = await makeThread(2);
  const { page, live, close } = await reader();
  await page.goto(thread.url);
  await live();
  const grouped = () => page.evaluate(() => [...document.querySelectorAll(".thread__messages > [data-position]")].map((item) => item.classList.contains("message--grouped")));
  await nadia.post(`/threads/${thread.id}/messages`, { body: "Et puis" });
  await page.getByText("Et puis").first().waitFor({ state: "attached" });
  await page.waitForFunction(() => document.querySelectorAll(".thread__messages > [data-position]").length === 4);
  const alive = await grouped();
  // What is new would begin with its author's name.
  await camille.put(`/threads/${thread.id}/read`, { position: 4 });
  await page.reload();
  await live();
  assert.deepEqual(await grouped(), alive);
  assert.deepEqual(alive, [false, false, true, true]);
  await close();
});

test("to follow a thread needs no other page, and shows at once", async () => {
  const thread = await makeThread(2);
  const { page, live, close } = await reader();
  await page.goto(thread.url);
  await live();
  await page.getByLabel("Votre réponse").fill("Ce que j’écris");
  await page.getByRole("button", { name: "Suivre" }).click();
  await page.getByRole("button", { name: "Suivie", pressed: true }).waitFor();
  assert.equal(await page.getByLabel("Votre réponse").inputValue(), "Ce que j’écris");
  assert.deepEqual(await camille.get(`/threads/${thread.id}/follow`), { level: "followed" });
  await close();
});

test("without a script one goes to what is new, reads back and on from there, and sees what one answered", { timeout: 90_000 }, async () => {
  const thread = await makeThread(120);
  await camille.put(`/threads/${thread.id}/read`, { position: 60 });
  const mine = await context(CAMILLE, { javaScriptEnabled: false });
  const page = await mine.newPage();
  const positions = () => page.locator(".thread__messages > [data-position]").evaluateAll((items) => items.map(({ dataset }) => Number(dataset.position)));
  await page.goto(`${new URL(thread.url).origin}/channels/${thread.channel.id}`);
  await page.getByRole("link", { name: "Non lues", exact: true }).click();
  await page.locator(".thread-row", { hasText: "Essai" }).click();
  await page.waitForURL(/#new-messages$/);
  const marker = await page.locator("#new-messages").boundingBox();
  assert.ok(marker.y >= 0 && marker.y < 700, `what is new is on the screen: ${marker.y}`);
  const first = await positions();
  assert.ok(first.includes(60) && first.includes(61), String(first));
  await page.getByRole("link", { name: "Messages plus anciens" }).click();
  await page.waitForURL(/from=/);
  const earlier = await positions();
  assert.ok(earlier[0] < first[0] && earlier.at(-1) >= first[0] - 1, `${earlier[0]}-${earlier.at(-1)} before ${first[0]}`);
  await page.getByRole("link", { name: "Messages plus récents" }).click();
  const later = await positions();
  assert.ok(later.at(-1) > earlier.at(-1), `${later[0]}-${later.at(-1)} after ${earlier.at(-1)}`);
  await page.getByRole("link", { name: /aller en bas/ }).click();
  await page.locator("[data-position='121']").waitFor();
  await page.getByLabel("Votre réponse").fill("Sans script");
  await page.getByRole("button", { name: "Répondre" }).click();
  await page.locator("[data-position='122'] .message__body", { hasText: "Sans script" }).waitFor();
  await mine.close();
});
