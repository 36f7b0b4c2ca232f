// The live discussion where something ends or is refused: it is said in a sentence, and nothing typed is lost.
import assert from "node:assert/strict";
import { test } from "node:test";
import { CAMILLE, ETIENNE, NADIA, box, camille, context, etienne, folder, makeThread, nadia, open, proxy, say, server, shows, stage } from "./stage.mjs";
import { client, signIn, violations } from "./support.mjs";

stage();

test("a session that ends says so, keeps what was typed, and is taken up again by signing in elsewhere", { timeout: 90_000 }, async () => {
  const thread = await makeThread(0);
  const mine = await context();
  const page = await open(mine, thread);
  await box(page).fill("à moitié écrit");
  const other = await mine.newPage();
  await other.goto(`${proxy.url}/settings`);
  await other.getByRole("button", { name: /déconnecter/i }).first().click();
  await page.locator("#connection-status", { hasText: "Votre session a pris fin" }).waitFor();
  await page.getByRole("link", { name: /Me reconnecter/ }).waitFor();
  assert.equal(await box(page).inputValue(), "à moitié écrit");
  await say(page, "envoyé sans session");
  await page.locator(".message--unsent", { hasText: "envoyé sans session" }).waitFor();
  await signIn(other, { url: proxy.url }, CAMILLE);
  await page.evaluate(() => dispatchEvent(new Event("focus")));
  await shows(page, ["Bonjour", "envoyé sans session"]);
  assert.equal(await page.locator("#connection-status span:visible").count(), 0);
  await mine.close();
});

test("what one person wrote is not sent in the name of another who signs in with the same browser", { timeout: 90_000 }, async () => {
  const thread = await makeThread(0);
  const mine = await context();
  const page = await open(mine, thread);
  proxy.cutSockets();
  const other = await mine.newPage();
  await other.goto(`${proxy.url}/settings`);
  await other.getByRole("button", { name: "Me déconnecter" }).click();
  await page.locator("#connection-status", { hasText: "Votre session a pris fin" }).waitFor({ timeout: 60_000 });
  await say(page, "de Camille");
  await signIn(other, { url: proxy.url }, NADIA);
  await page.evaluate(() => dispatchEvent(new Event("focus")));
  // The page is Nadia's now, and holds nothing of Camille's.
  await page.waitForFunction((nadia) => document.body.dataset.person === nadia, nadia.id, { timeout: 60_000 });
  await shows(page, ["Bonjour"]);
  proxy.heal();
  await other.goto(`${proxy.url}/settings`);
  await other.getByRole("button", { name: "Me déconnecter" }).click();
  await signIn(other, { url: proxy.url }, CAMILLE);
  await other.goto(thread.url);
  await shows(other, ["Bonjour", "de Camille"]);
  assert.deepEqual((await nadia.get(`/threads/${thread.id}/messages`)).items.map(({ author }) => author.id), [etienne.id, camille.id]);
  await mine.close();
});

test("a message that is refused, or waited too long, keeps its text and says what one may do, by the keyboard too", { timeout: 90_000 }, async () => {
  const thread = await makeThread(0);
  const mine = await context();
  const page = await open(mine, thread);
  proxy.cut();
  for (const text of ["premier", "deuxième", "troisième"]) await say(page, text);
  await page.evaluate(() => {
    const real = Date.now;
    Date.now = () => real.call(Date) + 11 * 60e3;
  });
  const failed = (text) => page.locator(".message--failed", { hasText: text });
  for (const text of ["premier", "deuxième", "troisième"]) await failed(text).waitFor({ timeout: 30_000 });
  await page.getByRole("alert").filter({ hasText: "Message non envoyé" }).waitFor();
  await failed("premier").getByText(/Non envoyé — renvoyer/).waitFor();
  proxy.heal();
  // By Shift+Tab from the composer, the actions of what is not sent are the first that one meets beyond its toolbar.
  await box(page).focus();
  await page.keyboard.press("Shift+Tab");
  const names = [];
  for (let stop = 0; stop < 3; stop++) {
    await page.keyboard.press("Shift+Tab");
    names.unshift(await page.evaluate(() => document.activeElement.textContent.trim()));
  }
  assert.deepEqual(names, ["Renvoyer", "Reprendre le texte", "Abandonner ce message"]);
  await page.keyboard.press("Enter");
  await failed("troisième").waitFor({ state: "detached" });
  assert.equal(await page.evaluate(() => document.activeElement.id), "body", "who acted goes on writing");
  await failed("deuxième").getByRole("button", { name: "Reprendre le texte" }).press("Enter");
  await page.waitForFunction(() => document.querySelector("#body").value === "deuxième");
  page.once("dialog", (dialog) => dialog.dismiss());
  await failed("premier").getByRole("button", { name: "Abandonner" }).press("Enter");
  await failed("premier").waitFor();
  page.once("dialog", (dialog) => dialog.accept());
  await failed("premier").getByRole("button", { name: "Abandonner" }).press("Enter");
  await shows(page, ["Bonjour", "troisième"]);
  await page.reload();
  await shows(page, ["Bonjour", "troisième"]);
  assert.equal(await box(page).inputValue(), "deuxième");
  await mine.close();
});

test("a message to a channel that was archived meanwhile is refused with the reason, and can be copied", { timeout: 90_000 }, async () => {
  const thread = await makeThread(0);
  const mine = await context();
  const page = await open(mine, thread);
  proxy.cut();
  await say(page, "trop tard");
  const own = await client({ url: server.url, data: folder.data }, ETIENNE);
  await own.patch(`/channels/${thread.channel.id}`, { archived: true });
  proxy.heal();
  const failed = page.locator(".message--failed", { hasText: "trop tard" });
  await failed.getByText("archivé").waitFor({ timeout: 40_000 });
  await failed.getByRole("button", { name: "Reprendre le texte" }).click();
  assert.equal(await page.getByLabel("Votre texte").inputValue(), "trop tard");
  await mine.close();
});

test("a server that goes says when to come back, and is obeyed", { timeout: 90_000 }, async () => {
  const thread = await makeThread(0);
  const mine = await context();
  const page = await mine.newPage();
  const opened = [];
  await page.routeWebSocket(/\/live\?/, (socket) => {
    opened.push(performance.now());
    socket.connectToServer();
    if (opened.length > 1) return;
    socket.send(JSON.stringify({ type: "bye", after_ms: 3_000 }));
    socket.close({ code: 4100, reason: "" });
  });
  await page.goto(thread.url);
  await say(page, "entre les deux");
  await shows(page, ["Bonjour", "entre les deux"]);
  const pause = opened[1] - opened[0];
  assert.ok(pause >= 2_950 && pause < 6_000, `came back after ${pause} ms`);
  await mine.close();
});

test("an end that coming back would not change is said in a sentence, and the draft is kept", { timeout: 90_000 }, async () => {
  const thread = await makeThread(0);
  const mine = await context();
  for (const [code, sentence] of [
    [4114, "reprise ailleurs"], [4500, "ne reçoit plus"], [4503, "n’a plus accès"], [4526, "mis à jour"],
  ]) {
    const page = await mine.newPage();
    let opened = 0;
    await page.routeWebSocket(/\/live\?/, (socket) => void (opened++, socket.close({ code, reason: "" })));
    await page.goto(thread.url);
    await box(page).fill("en cours");
    await page.locator("#connection-status span:visible", { hasText: sentence }).waitFor();
    await page.evaluate(() => dispatchEvent(new Event("online")));
    assert.deepEqual(await violations(page), []);
    assert.equal(opened, 1, `${code} is not tried again`);
    assert.equal(await box(page).inputValue(), "en cours");
    await page.close();
  }
  await mine.close();
});

test("what is not sent, what failed and the strip can be read by everybody, light and dark, wide and narrow", { timeout: 180_000 }, async () => {
  const thread = await makeThread(1);
  const found = [];
  for (const [colorScheme, width, locale] of [["light", 1360, "fr-FR"], ["dark", 1360, "fr-FR"], ["light", 390, "fr-FR"], ["dark", 390, "fr-FR"]]) {
    const mine = await context(CAMILLE, { colorScheme, locale, viewport: { width, height: 844 } });
    const page = await open(mine, thread);
    proxy.cut();
    await say(page, "Nous avons un modèle, je le retrouve et je vous l’envoie dans la journée.");
    await page.locator("#connection-status span:visible").waitFor();
    const look = async (state) => {
      for (const line of await violations(page)) found.push(`${state} ${colorScheme} ${width}: ${line}`);
      if (await page.evaluate(() => document.documentElement.scrollWidth > innerWidth)) found.push(`${state} ${width}: scrolls sideways`);
      const folder = process.env.PREAU_PICTURES;
      if (folder) await page.screenshot({ path: `${folder}/${state}-${width}-${colorScheme}.png` });
    };
    await look("pending");
    await page.evaluate(() => {
      const real = Date.now;
      Date.now = () => real.call(Date) + 11 * 60e3;
    });
    await page.locator(".message--failed").waitFor({ timeout: 30_000 });
    await page.locator(".message--failed").scrollIntoViewIfNeeded();
    await look("failed");
    page.once("dialog", (dialog) => dialog.accept());
    await page.getByRole("button", { name: "Abandonner" }).click();
    proxy.heal();
    await mine.close();
  }
  assert.deepEqual(found, []);
});
