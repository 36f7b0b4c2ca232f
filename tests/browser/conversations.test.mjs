// Conversations, and what one may do with a message beside it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { CAMILLE, ETIENNE, NADIA, camille, context, makeThread, nadia, proxy, stage } from "./stage.mjs";
import { following, violations } from "./support.mjs";

stage();

async function visitor(email, options) {
  const visit = await context(email, options);
  const page = await visit.newPage();
  return { page, live: following(page), close: () => visit.close() };
}

test("one writes to somebody from their page, they see it at once, and both find it again", async () => {
  const [camille, other] = [await visitor(CAMILLE), await visitor(NADIA)];
  await other.page.goto(proxy.url);
  await other.live();
  await camille.page.goto(`${proxy.url}/people/${nadia.id}`);
  await camille.page.getByRole("button", { name: "Écrire à Nadia Verhaeghe" }).click();
  await camille.page.getByRole("heading", { level: 2, name: "Nadia Verhaeghe" }).waitFor();
  await camille.live();
  await camille.page.getByText("une autre personne peut la lire, et personne d’autre").waitFor();
  await camille.page.getByLabel("Votre réponse").fill("Bonjour Nadia");
  await camille.page.getByRole("button", { name: "Répondre" }).click();
  // Nadia is told on the page where she is, beside the one that she has not read before.
  const link = other.page.locator("nav.navigation a", { hasText: "Conversations" });
  await link.locator(".pill", { hasText: "2" }).waitFor();
  await link.click();
  await other.page.getByRole("link", { name: /Camille Delattre.*Bonjour Nadia/s }).click();
  await other.page.getByRole("heading", { level: 2, name: "Camille Delattre" }).waitFor();
  await other.live();
  await other.page.getByLabel("Votre réponse").fill("Bonjour Camille");
  await other.page.getByRole("button", { name: "Répondre" }).click();
  await camille.page.locator(".message__body", { hasText: "Bonjour Camille" }).waitFor();
  await camille.page.locator(".panes__list .thread-row", { hasText: "Bonjour Camille" }).waitFor();
  assert.deepEqual(await violations(camille.page), []);
  await Promise.all([camille.close(), other.close()]);
});

test("a conversation of several is begun without JavaScript", async () => {
  const { page, close } = await visitor(CAMILLE, { javaScriptEnabled: false });
  await page.goto(`${proxy.url}/conversations`);
  await page.getByRole("link", { name: "Écrire" }).click();
  await page.getByRole("checkbox", { name: /Sophie Bailleul/ }).check();
  await page.getByLabel("Chercher un nom ou un territoire").fill("calais");
  await page.getByRole("button", { name: "Chercher", exact: true }).click();
  assert.ok(await page.getByRole("checkbox", { name: /Sophie Bailleul/ }).isChecked(), "who was chosen stays");
  await page.getByRole("checkbox", { name: /Hugo Lemaire/ }).check();
  await page.getByRole("button", { name: "Ouvrir la conversation" }).click();
  await page.getByRole("heading", { level: 2, name: "Hugo Lemaire, Sophie Bailleul" }).waitFor();
  await page.getByLabel("Votre réponse").fill("À trois");
  await page.getByRole("button", { name: "Répondre" }).click();
  await page.locator(".message__body", { hasText: "À trois" }).waitFor();
  await close();
});

test("what one may do with a message opens beside it, and gives the focus back", async () => {
  const thread = await makeThread(3);
  const { page, live, close } = await visitor(NADIA);
  await page.goto(thread.url);
  await live();
  const message = page.locator("li[data-position]").last();
  const actions = message.getByRole("link", { name: /Actions/ });
  const menu = page.locator(".menu");
  const focused = () => page.evaluate(() => document.activeElement?.getAttribute("aria-label") ?? document.activeElement?.textContent ?? "");
  await actions.focus();
  await page.keyboard.press("Enter");
  await menu.waitFor();
  assert.equal(await focused(), "Merci", "the first that one may do");
  assert.deepEqual(await violations(page), []);
  await page.keyboard.press("Escape");
  await menu.waitFor({ state: "detached" });
  assert.match(await focused(), /^Actions/);

  // What is done quietly is seen, and the focus is where it was.
  await page.keyboard.press("Enter");
  await menu.getByRole("button", { name: "Utile" }).click();
  await message.locator(".message__reactions", { hasText: "Utile 1" }).waitFor();
  await menu.waitFor({ state: "detached" });
  assert.match(await focused(), /^Actions/);
  await actions.click();
  assert.equal(await menu.getByRole("button", { name: "Utile" }).getAttribute("aria-pressed"), "true");
  await page.locator("#thread-title").click();
  await menu.waitFor({ state: "detached" });

  await actions.click();
  await menu.getByRole("button", { name: "Modifier le texte" }).click();
  await message.locator(".message__edit textarea").fill("Dit autrement");
  await page.keyboard.press("Control+Enter");
  await message.locator(".message__body", { hasText: "Dit autrement" }).waitFor();
  // Another tab is the message's own page.
  await actions.click();
  await menu.getByRole("link", { name: "Toutes les actions" }).click();
  await page.getByRole("heading", { name: "Ce message" }).waitFor();
  await close();
});

test("who removes a message takes that back where it stood, by keyboard, and every page shows it again", async () => {
  const thread = await makeThread(3);
  const [last, before] = [thread.messages.at(-1), thread.messages.at(-2)];
  await camille.put(`/messages/${last.id}/reactions/thanks`);
  const [author, reader] = [await visitor(NADIA), await visitor(CAMILLE)];
  for (const { page, live } of [author, reader]) {
    await page.goto(thread.url);
    await live();
  }
  const shown = (page) => page.locator(`#message-${last.id} article`).evaluate((article) => article.textContent.replace(/\s+/g, " ").trim());
  const whole = await shown(reader.page);
  assert.match(whole, /Message 3.*Merci 1/);
  const { page } = author;
  const [message, undo] = [page.locator(`#message-${last.id}`), page.locator("[data-restore] button")];
  const focused = () => page.evaluate(() => document.activeElement?.getAttribute("aria-label") ?? document.activeElement?.textContent ?? "");
  await message.locator(".message__actions").focus();
  await page.keyboard.press("Enter");
  await page.locator(".menu").waitFor();
  await page.locator(".menu [data-remove] button").focus();
  await page.keyboard.press("Enter");
  await undo.waitFor();
  await message.locator(".message__removed").waitFor();
  await reader.page.locator(`#message-${last.id} .message__removed`).waitFor();
  assert.equal(await reader.page.locator("[data-restore]").count(), 0, "nobody else is offered it");
  assert.equal(await focused(), "Annuler le retrait");
  assert.match(await page.locator("#announcer").textContent(), /Message retiré.*Annuler le retrait/);
  assert.deepEqual(await violations(page), []);
  // Who is at it is not hurried.
  await page.waitForTimeout(11_500);
  assert.equal(await focused(), "Annuler le retrait");
  await page.keyboard.press("Enter");
  for (const page of [author.page, reader.page]) await page.locator(`#message-${last.id} .message__body`, { hasText: "Message 3" }).waitFor();
  await undo.waitFor({ state: "detached" });
  assert.match(await focused(), /^Actions/);
  assert.equal(await shown(reader.page), whole);
  assert.equal(await page.locator("#announcer").textContent(), "Le message est de nouveau là.");

  // Who does something else is offered it for ten seconds, and finds it on the message's own page after that.
  await page.locator(`#message-${before.id} .message__actions`).click();
  await page.locator(".menu [data-remove] button").click();
  await undo.waitFor();
  await page.getByLabel("Votre réponse").fill("Je passe à autre chose");
  await undo.waitFor({ state: "detached" });
  assert.equal(await page.getByLabel("Votre réponse").inputValue(), "Je passe à autre chose");
  assert.equal(await page.evaluate(() => document.activeElement?.id), "body", "nobody’s focus is taken");
  await page.getByLabel("Votre réponse").fill("");
  await page.goto(`${proxy.url}/messages/${before.id}/actions`);
  await page.getByRole("button", { name: "Annuler le retrait" }).click();
  await page.locator(`#message-${before.id} .message__body`, { hasText: "Message 2" }).waitFor();
  await Promise.all([author.close(), reader.close()]);
});

test("a removal is taken back without JavaScript, on the page that follows, by whoever removed", async () => {
  const thread = await makeThread(1);
  const message = thread.messages.at(-1);
  const animator = await visitor(ETIENNE, { javaScriptEnabled: false });
  await animator.page.goto(`${proxy.url}/messages/${message.id}/actions`);
  await animator.page.getByRole("button", { name: "Retirer ce message" }).click();
  await animator.page.getByText("Vous avez retiré ce message. Vous pouvez annuler jusqu’à").waitFor();
  // Its author did not remove it.
  const author = await visitor(NADIA, { javaScriptEnabled: false });
  await author.page.goto(`${proxy.url}/messages/${message.id}/actions`);
  assert.equal(await author.page.getByRole("button", { name: "Annuler le retrait" }).count(), 0);
  await animator.page.getByRole("button", { name: "Annuler le retrait" }).click();
  await animator.page.locator(`#message-${message.id} .message__body`, { hasText: "Message 1" }).waitFor();
  await Promise.all([animator.close(), author.close()]);
});
