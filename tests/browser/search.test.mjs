// Search in a browser: the switcher by the keyboard alone, and the search without JavaScript.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { signIn, startBrowser, startServer, violations, visitor } from "./support.mjs";

const CAMILLE = "camille.delattre@lille.example";

let server;
let browser;

before(async () => {
  [server, browser] = await Promise.all([startServer(), startBrowser()]);
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

/** Somebody who has signed in. */
async function camille(options) {
  const visit = await visitor(browser, options);
  await signIn(visit.page, server, CAMILLE);
  return visit;
}

test("Ctrl+K leads to a place by the keyboard alone", async () => {
  const { page, faults, close } = await camille();
  await page.goto(`${server.url}/documents`);
  await page.locator("#search").focus();
  await page.keyboard.press("Control+k");
  const field = page.getByRole("combobox");
  await field.waitFor();
  assert.equal(await page.evaluate(() => document.activeElement?.id), "switcher-name");
  await page.keyboard.type("evaluatoin");
  // The last places were offered before: one is chosen of what the letters found.
  await page.locator("[role=option][aria-selected=true]").waitFor();
  assert.match(await page.locator("[role=option][aria-selected=true]").innerText(), /Évaluation/);
  assert.equal(await field.getAttribute("aria-expanded"), "true");
  const chosen = () => page.evaluate(() => {
    const field = document.querySelector("#switcher-name");
    const option = document.getElementById(field.getAttribute("aria-activedescendant"));
    return { text: option?.textContent, selected: option?.getAttribute("aria-selected"), all: document.querySelectorAll("[role=option][aria-selected=true]").length };
  });
  const first = await chosen();
  assert.equal(first.selected, "true");
  assert.equal(first.all, 1);
  assert.match(await page.locator("#switcher-status").innerText(), /\d+ lieux?/);
  assert.deepEqual(await violations(page), []);
  await page.keyboard.press("Escape");
  await field.waitFor({ state: "hidden" });
  assert.equal(await page.evaluate(() => document.activeElement?.id), "search", "the focus is where it was");

  await page.keyboard.press("Control+k");
  await page.keyboard.type("camille delatre");
  await page.locator("[role=option][aria-selected=true]", { hasText: "Camille Delattre" }).waitFor();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowUp");
  assert.match((await chosen()).text, /Camille Delattre/);
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/people\//);
  await page.getByRole("heading", { name: "Camille Delattre" }).waitFor();

  await page.keyboard.press("Control+k");
  await page.keyboard.type("zzzzzz");
  await page.getByText("Aucun lieu trouvé").waitFor();
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/search\?q=zzzzzz/);
  assert.deepEqual(faults, []);
  await close();
});

test("the button opens the switcher at the last places, and closes it", async () => {
  const { page, faults, close } = await camille();
  await page.goto(`${server.url}/meetings`);
  const button = page.getByRole("button", { name: /Aller à/ });
  await button.click();
  await page.getByRole("listbox", { name: "Lieux récents" }).getByRole("option").first().waitFor();
  await page.getByRole("button", { name: "Fermer" }).click();
  await page.getByRole("combobox").waitFor({ state: "hidden" });
  assert.ok(await button.evaluate((button) => document.activeElement === button));
  assert.deepEqual(faults, []);
  await close();
});

test("without JavaScript one searches, narrows, takes a filter away and opens what was found", async () => {
  const { page, close } = await camille({ javaScriptEnabled: false });
  await page.goto(`${server.url}/meetings`);
  await page.getByRole("button", { name: /Aller à/ }).click();
  await page.getByRole("heading", { name: "Recherche", level: 1 }).waitFor();
  await page.locator("main #q").fill("évaluation");
  await page.getByText("Préciser la recherche").click();
  await page.getByLabel("Type").selectOption({ label: "Messages" });
  await page.getByRole("button", { name: "Rechercher", exact: true }).click();
  await page.getByRole("heading", { name: "Messages", level: 2 }).waitFor();
  assert.equal(await page.locator("main h2").count(), 1);
  assert.match(await page.locator("main mark").first().innerText(), /évalu/i);
  assert.match(await page.locator("main [role=status]").innerText(), /résultat/);
  await page.getByRole("link", { name: /Type.*retirer/ }).click();
  await page.waitForURL((url) => !url.searchParams.has("kind"));
  assert.ok((await page.locator("main h2").count()) > 1);
  await page.locator("section[aria-labelledby=found-message] h3 a").first().click();
  await page.waitForURL(/\/threads\/.*#message-/);

  await page.goto(`${server.url}/search?q=${encodeURIComponent("de:personne-de-ce-nom xylophone")}`);
  await page.getByText("Personne ne porte le nom").waitFor();
  const ask = page.getByRole("link", { name: "Poser la question au réseau" });
  assert.equal(await ask.getAttribute("href"), "/publish?intent=ask&body=xylophone");
  await close();
});

test("the pages of a search have no barrier", async () => {
  const { page, faults, close } = await camille();
  for (const path of ["/search", "/search?q=évaluation&author=Étienne&before=hier", "/search?q=zzzzzz"]) {
    await page.goto(`${server.url}${path}`);
    assert.deepEqual(await violations(page), [], path);
  }
  assert.deepEqual(faults, []);
  await close();
});
