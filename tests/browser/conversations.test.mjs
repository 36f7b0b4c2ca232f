// Conversations, and what one may do with a message beside it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { CAMILLE, NADIA, context, makeThread, nadia, proxy, stage } from "./stage.mjs";
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
  // Nadia is told on the page where she is.
  const link = other.page.locator("nav.navigation a", { hasText: "Conversations" });
  await link.locator(".pill", { hasText: "1" }).waitFor();
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
