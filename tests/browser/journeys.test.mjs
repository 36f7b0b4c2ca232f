// The journeys that matter, in a real browser against the real binary.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { signIn, startBrowser, startServer, violations, visitor } from "./support.mjs";

// Signing in is counted: eight times a quarter of an hour for one address, so the journeys are several people's.
const INES = "ines.lefebvre@irev.example";
const CAMILLE = "camille.delattre@lille.example";
const SOPHIE = "sophie.bailleul@arras.example";
const THOMAS = "thomas.wattiez@academie.example";
const THREAD = "Modèle de protocole d’évaluation";

let server;
let browser;

before(async () => {
  [server, browser] = await Promise.all([startServer(), startBrowser()]);
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

async function openThread(page, title = THREAD) {
  await page.locator("nav.navigation a[data-channel]", { hasText: "Évaluation" }).click();
  await page.locator(".thread-row", { hasText: title }).click();
  await page.getByRole("heading", { name: title }).waitFor();
}

test("a message is seen in another browser within a second, and unread is told elsewhere", async () => {
  const [camille, sophie] = [await visitor(browser), await visitor(browser)];
  await signIn(camille.page, server, CAMILLE);
  await signIn(sophie.page, server, SOPHIE);
  await openThread(camille.page);
  await openThread(sophie.page);
  const text = `Bonjour, il est ${Date.now()}`;
  const box = camille.page.getByLabel("Votre réponse");
  await box.fill(text);
  const sent = Date.now();
  await camille.page.getByRole("button", { name: "Répondre" }).click();
  await sophie.page.locator(".message__body", { hasText: text }).waitFor({ timeout: 5000 });
  assert.ok(Date.now() - sent < 1000, `seen after ${Date.now() - sent} ms`);
  await camille.page.locator(".message__body", { hasText: text }).waitFor();
  assert.equal(await box.inputValue(), "", "the composer is ready for the next one");
  assert.equal(await camille.page.evaluate(() => document.activeElement?.id), "body", "the focus did not move");
  await sophie.page.locator("#announcer", { hasText: text }).waitFor({ state: "attached" });

  await sophie.page.locator("nav.navigation a[data-channel]", { hasText: "Parentalité" }).click();
  await camille.page.getByLabel("Votre réponse").fill("Et encore un");
  await camille.page.getByRole("button", { name: "Répondre" }).click();
  const channel = sophie.page.locator("nav.navigation a[data-channel]", { hasText: "Évaluation" });
  await sophie.page.waitForFunction((element) => element?.dataset.unreadThreads !== "", await channel.elementHandle());
  assert.deepEqual([...camille.faults, ...sophie.faults], []);
  await camille.close();
  await sophie.close();
});

test("a thread that is renamed and resolved is so on the open pages of others", async () => {
  const [ines, sophie] = [await visitor(browser), await visitor(browser)];
  await signIn(ines.page, server, INES);
  await signIn(sophie.page, server, SOPHIE);
  await openThread(ines.page);
  await openThread(sophie.page);
  await sophie.page.getByLabel("Votre réponse").fill("Une réponse que j’écris");
  await ines.page.getByRole("button", { name: "Marquer comme résolue" }).click();
  await sophie.page.locator("section.thread .pill", { hasText: "Résolu" }).waitFor();
  await ines.page.getByRole("link", { name: "Plus d’actions" }).click();
  await ines.page.locator("#title").fill("Un protocole pour tous");
  await ines.page.getByRole("button", { name: "Renommer la discussion" }).click();
  await sophie.page.getByRole("heading", { name: "Un protocole pour tous" }).waitFor();
  await sophie.page.locator(".thread-row", { hasText: "Un protocole pour tous" }).waitFor();
  assert.equal(await sophie.page.getByLabel("Votre réponse").inputValue(), "Une réponse que j’écris", "what is typed stays");
  await ines.page.getByRole("link", { name: "Plus d’actions" }).click();
  await ines.page.locator("#title").fill(THREAD);
  await ines.page.getByRole("button", { name: "Renommer la discussion" }).click();
  await sophie.page.getByRole("heading", { name: THREAD }).waitFor();
  assert.deepEqual([...ines.faults, ...sophie.faults], []);
  await ines.close();
  await sophie.close();
});

test("the keyboard reaches the composer and sends", async () => {
  const { page, close } = await visitor(browser);
  await signIn(page, server, CAMILLE);
  await openThread(page);
  await page.keyboard.press("Tab");
  const reached = new Set();
  for (let stop = 0; stop < 200; stop++) {
    const at = await page.evaluate(() => {
      const element = document.activeElement;
      const style = element ? getComputedStyle(element) : undefined;
      return { id: element?.id ?? "", outline: style ? parseFloat(style.outlineWidth) : 0 };
    });
    if (at.id === "body") break;
    assert.ok(at.outline >= 2 || at.id === "content", "each stop is seen");
    reached.add(at.id);
    await page.keyboard.press("Tab");
  }
  assert.equal(await page.evaluate(() => document.activeElement?.id), "body");
  await page.keyboard.type("au clavier");
  await page.keyboard.press("Control+Enter");
  await page.locator(".message__body", { hasText: "au clavier" }).first().waitFor();
  await close();
});

test("the mission: a file in a message, the library, an answer, a search", async () => {
  const { page, faults, close } = await visitor(browser);
  await signIn(page, server, CAMILLE);
  await openThread(page);
  await page.getByLabel("Votre réponse").fill("Voici notre grille d’entretien zébrée");
  await page.getByLabel("Joindre des documents").setInputFiles({
    name: "grille zébrée.txt", mimeType: "text/plain", buffer: Buffer.from("Question 1"),
  });
  await page.getByRole("button", { name: "Répondre" }).click();
  await page.getByRole("link", { name: "grille zébrée.txt" }).first().waitFor();
  await page.locator("nav.navigation").getByRole("link", { name: "Bibliothèque" }).click();
  await page.getByRole("link", { name: "grille zébrée.txt" }).click();
  const download = page.waitForEvent("download");
  await page.getByRole("link", { name: /Télécharger/ }).click();
  assert.equal((await download).suggestedFilename(), "grille zébrée.txt");
  await page.goto(`${server.url}/`);
  await page.getByLabel("Je participe en visio").check();
  await page.getByRole("button", { name: /ma réponse/ }).click();
  await page.getByRole("heading", { name: "Qui vient" }).waitFor();
  assert.ok(await page.getByLabel("Je participe en visio").isChecked());
  await page.locator("#search").fill("zebree");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Documents" }).waitFor();
  await page.locator("main").getByText("grille d’entretien zébrée").first().waitFor();
  assert.deepEqual(faults, []);
  await close();
});

test("files are dropped on a page, show how far they are, and what is refused stays in the form", async () => {
  const { page, faults, close } = await visitor(browser);
  await signIn(page, server, THOMAS);
  await page.goto(`${server.url}/groups/reseau-cpo/documents`);
  const drop = (name, size) =>
    page.evaluate(([name, size]) => {
      const data = new DataTransfer();
      data.items.add(new File([new Uint8Array(size)], name));
      for (const type of ["dragover", "drop"]) {
        document.querySelector("main").dispatchEvent(new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true }));
      }
    }, [name, size]);
  await drop("relevé.bin", 24 << 20);
  assert.equal(await page.locator("#file").evaluate((input) => input.files[0].name), "relevé.bin");
  await page.getByLabel("Titre").fill("t".repeat(201));
  await page.getByLabel("À quoi").fill("Mesurer l’assiduité");
  const session = await page.context().newCDPSession(page);
  await session.send("Network.emulateNetworkConditions", { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: 12 << 20 });
  await page.getByRole("button", { name: "Ajouter", exact: false }).click();
  await page.locator("[data-upload] span", { hasText: /[1-9]\d? %/ }).waitFor();
  await page.getByText("Ce texte est trop long.").waitFor();
  assert.equal(await page.getByLabel("À quoi").inputValue(), "Mesurer l’assiduité", "what was typed stays");
  assert.equal(await page.locator("#file").evaluate((input) => input.files.length), 1, "and so does the file");
  await page.getByLabel("Titre").fill("Relevé d’assiduité");
  await page.getByRole("button", { name: "Ajouter", exact: false }).click();
  await page.getByRole("heading", { name: "Relevé d’assiduité" }).waitFor({ timeout: 30_000 });
  assert.deepEqual(faults, []);
  await close();
});

/** The looks that every run takes, and with PREAU_LONG all of them. A person each: sign-ins of one address are counted. */
function looks() {
  const people = { "fr-FR": ["ines.lefebvre@irev.example", "hugo.lemaire@academie.example"], "en-GB": ["emma.wright@irev.example"] };
  if (!process.env.PREAU_LONG) {
    const [ines, hugo] = people["fr-FR"];
    return [["light", 1360, "fr-FR", ines], ["dark", 390, "fr-FR", hugo], ["light", 390, "en-GB", people["en-GB"][0]]];
  }
  const every = [];
  for (const colorScheme of ["light", "dark"]) {
    for (const width of [1360, 800, 390, 320]) {
      // Six sign-ins of one address are within what is counted.
      every.push([colorScheme, width, "fr-FR", people["fr-FR"][every.length % 2]]);
    }
    for (const width of [1360, 320]) every.push([colorScheme, width, "en-GB", people["en-GB"][0]]);
  }
  return every;
}

test("axe finds nothing on the pages, in both languages, light and dark, wide and narrow", async () => {
  const found = [];
  for (const [colorScheme, width, locale, email] of looks()) {
    const context = { colorScheme, viewport: { width, height: 900 }, locale, bypassCSP: true };
    const { page, close } = await visitor(browser, context);
    const look = async (path) => {
      await page.goto(`${server.url}${path}`);
      for (const line of await violations(page)) found.push(`${path} ${colorScheme} ${width} ${locale}: ${line}`);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
      if (wide) found.push(`${path} ${width}: scrolls sideways`);
    };
    for (const path of ["/sign-in", "/help", "/accessibility", "/nowhere"]) await look(path);
    await signIn(page, server, email);
    const channel = await page.locator("nav.navigation ul[id^=channels-] a[data-channel]").first().getAttribute("href");
    await page.goto(`${server.url}${channel}`);
    const thread = await page.locator(".thread-row").first().getAttribute("href");
    await page.goto(`${server.url}/meetings`);
    const meeting = await page.locator("main .list a").first().getAttribute("href");
    for (const path of ["/", "/groups", "/groups/reseau-cpo", "/groups/reseau-cpo/members", "/documents", "/meetings", meeting, ...animated(email, meeting, channel), "/people", "/territories/LIL", "/search?q=label", channel, `${channel}?new=1`, thread, "/settings", "/settings/notifications"]) {
      await look(path);
    }
    await close();
  }
  assert.deepEqual(found, []);
});

/** The pages that only an animator has. */
function animated(email, meeting, channel) {
  if (!email.startsWith("ines.")) return [];
  return [`${meeting}/edit`, `${channel}/edit`, "/groups/reseau-cpo/edit", "/groups/reseau-cpo/meetings/new"];
}
