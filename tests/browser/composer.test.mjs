// Where one writes: by the keyboard, with files, from Word, in another browser, with an input method, and without a script.
import assert from "node:assert/strict";
import { test } from "node:test";
import { CAMILLE, NADIA, box, camille, context, makeThread, nadia, open, proxy, shows, stage, stored } from "./stage.mjs";
import { listening, violations } from "./support.mjs";

stage();

const value = (page) => box(page).inputValue();
const tool = (page, name) => page.getByRole("toolbar").getByRole("button", { name, exact: true });
const focused = (page) => page.evaluate(() => document.activeElement?.getAttribute("aria-label") ?? document.activeElement?.id);

test("the toolbar is one stop of the keyboard, and what it does is undone", { timeout: 90_000 }, async () => {
  const mine = await context();
  const page = await open(mine, await makeThread(0));
  await box(page).fill("un mot ici");
  await box(page).evaluate((area) => area.setSelectionRange(3, 6));
  await page.keyboard.press("Shift+Tab");
  assert.equal(await focused(page), "Gras");
  for (const name of ["Italique", "Liste à puces"]) {
    await page.keyboard.press("ArrowRight");
    assert.equal(await focused(page), name);
  }
  await page.keyboard.press("End");
  assert.equal(await focused(page), "Tableau");
  await page.keyboard.press("ArrowRight");
  assert.equal(await focused(page), "Gras", "round and round");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => document.activeElement.id === "body");
  assert.equal(await value(page), "un **mot** ici");
  await page.keyboard.press("Control+z");
  assert.equal(await value(page), "un mot ici");
  await box(page).evaluate((area) => area.setSelectionRange(3, 6));
  await page.keyboard.press("Control+i");
  await page.waitForFunction(() => document.querySelector("#body").value === "un *mot* ici");
  await page.keyboard.press("Control+k");
  await page.waitForFunction(() => document.querySelector("#body").value === "un *[mot](https://)* ici");
  // Without a selection the key is the switcher's.
  await box(page).evaluate((area) => area.setSelectionRange(0, 0));
  await page.keyboard.press("Control+k");
  await page.getByRole("dialog").waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "hidden" });
  assert.equal(await focused(page), "body", "the focus comes back");
  await tool(page, "Tableau").click();
  await page.waitForFunction(() => document.querySelector("#body").value.includes("| Colonne 1 | Colonne 2 |"));
  assert.deepEqual(await violations(page), []);
  await mine.close();
});

test("people, places and things are named by the keyboard, and a list says what it offers", { timeout: 90_000 }, async () => {
  const mine = await context();
  const thread = await makeThread(1);
  const page = await open(mine, thread);
  const said = await listening(page);
  await box(page).pressSequentially("Merci @nad");
  const option = page.getByRole("option", { name: /Nadia Verhaeghe/ });
  await option.waitFor();
  const tree = await page.getByRole("listbox").ariaSnapshot();
  assert.match(tree, /- listbox "Propositions":\s+- option "Nadia Verhaeghe .*Loos.*" \[selected\]/);
  const meant = () => page.evaluate(() => document.getElementById(document.querySelector("#body").getAttribute("aria-activedescendant"))?.dataset.text);
  assert.equal(await meant(), "@Nadia Verhaeghe ");
  assert.equal(await focused(page), "body", "the focus stays in the text");
  assert.ok((await said()).includes("1 proposition"), String(await said()));
  assert.deepEqual(await violations(page), []);
  await page.keyboard.press("Enter");
  assert.equal(await value(page), "Merci @Nadia Verhaeghe ");
  await page.keyboard.type("et @");
  await option.waitFor();
  await page.keyboard.press("ArrowDown");
  assert.equal(await meant(), "@Etienne Caron ".replace("Etienne", (await page.getByRole("option").nth(1).textContent()).split(" ")[0]));
  await page.keyboard.press("Escape");
  await page.getByRole("listbox").waitFor({ state: "detached" });
  await page.keyboard.type("sal");
  await page.waitForTimeout(400);
  assert.equal(await page.getByRole("listbox").count(), 0, "what was closed stays so");
  await box(page).fill("");
  await box(page).pressSequentially("Voir #essai");
  await page.getByRole("option", { name: /Essai/ }).waitFor();
  await page.keyboard.press("Tab");
  assert.equal(await value(page), `Voir [Essai](/threads/${thread.id}) `);
  await page.keyboard.press("Control+Enter");
  await page.getByRole("link", { name: "Essai", exact: true }).and(page.locator(".message__body a")).waitFor();
  await mine.close();
});

test("a file goes up at once, says how far it is, is cancelled, tried again, and goes with its message", { timeout: 120_000 }, async () => {
  const mine = await context();
  const thread = await makeThread(0);
  const page = await open(mine, thread);
  const said = await listening(page);
  const session = await mine.newCDPSession(page);
  const slow = (rate) => session.send("Network.emulateNetworkConditions", { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: rate });
  await slow(200 << 10);
  await page.getByLabel("Joindre des documents").setInputFiles({ name: "relevé.bin", mimeType: "application/octet-stream", buffer: Buffer.alloc(3 << 20) });
  await page.locator("[data-done]", { hasText: /[1-9]\d? %/ }).waitFor();
  await box(page).fill("Voici le relevé");
  await page.getByRole("button", { name: "Répondre" }).click();
  await page.getByRole("button", { name: "Partira avec les fichiers…" }).waitFor();
  assert.match(await page.locator("[data-composer-status]").textContent(), /encore en route/);
  assert.deepEqual(await stored(thread), ["Bonjour"], "nothing goes without its file");
  assert.deepEqual(await violations(page), []);
  const leaving = page.waitForEvent("dialog");
  void page.goto(proxy.url).catch(() => {});
  const dialog = await leaving;
  assert.equal(dialog.type(), "beforeunload");
  await dialog.dismiss();
  await page.getByRole("button", { name: "Arrêter l’envoi de relevé.bin" }).click();
  await page.getByText("Annulé.", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Répondre" }).click();
  await page.locator("[data-composer-status]", { hasText: "Un fichier n’est pas arrivé" }).waitFor();
  await slow(-1);
  await page.getByRole("button", { name: "Réessayer l’envoi de relevé.bin" }).click();
  await page.getByText("Joint", { exact: true }).waitFor();
  assert.ok((await said()).includes("relevé.bin est joint"));
  // What is attached outlives a reload, and goes when the network is back.
  await page.reload();
  await page.locator(".attaching__file", { hasText: "relevé.bin" }).waitFor();
  proxy.cut();
  await page.getByRole("button", { name: "Répondre" }).click();
  await page.locator(".message--unsent li", { hasText: "relevé.bin" }).waitFor();
  proxy.heal();
  await shows(page, ["Bonjour", "Voici le relevé"]);
  const { items } = await nadia.get(`/threads/${thread.id}/messages`);
  assert.deepEqual(items.at(-1).attachments.map(({ name }) => name), ["relevé.bin"]);
  await mine.close();
});

test("what is refused of a file is said beside it, and the others go", { timeout: 90_000 }, async () => {
  const mine = await context();
  const page = await open(mine, await makeThread(0));
  await page.route("**/files", (route) => route.fulfill({ status: 413, contentType: "application/problem+json", body: JSON.stringify({ code: "too_large", detail: "C’est trop lourd : la limite est de 1 Mo." }) }), { times: 1 });
  await page.evaluate(() => {
    const data = new DataTransfer();
    data.items.add(new File(["x"], "lourd.zip"));
    for (const type of ["dragover", "drop"]) document.querySelector("main").dispatchEvent(new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true }));
  });
  const chip = page.locator(".attaching__file", { hasText: "lourd.zip" });
  await chip.getByText("C’est trop lourd : la limite est de 1 Mo.").waitFor();
  assert.deepEqual(await violations(page), []);
  await chip.getByRole("button", { name: "Retirer lourd.zip" }).click();
  await chip.waitFor({ state: "detached" });
  await page.evaluate(() => {
    const data = new DataTransfer();
    data.items.add(new File(["x"], "image.png", { type: "image/png" }));
    document.querySelector("#body").dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
  });
  await page.locator(".attaching__file", { hasText: "image.png" }).getByText("Joint", { exact: true }).waitFor();
  await page.keyboard.press("Tab");
  await page.getByRole("button", { name: "Répondre" }).click();
  await page.getByRole("link", { name: "image.png" }).waitFor();
  await mine.close();
});

test("what is being written is found again in another browser, and of two texts none is lost", { timeout: 120_000 }, async () => {
  const [one, two] = [await context(), await context()];
  const thread = await makeThread(0);
  const first = await open(one, thread);
  await box(first).fill("Commencé au bureau");
  await first.getByText("Brouillon enregistré").waitFor();
  const second = await open(two, thread);
  assert.equal(await value(second), "Commencé au bureau");
  await box(second).fill("Commencé au bureau, continué dans le train");
  // Who leaves before it is kept has it kept.
  await second.goto(`${proxy.url}/`);
  const kept = async () => (await camille.get(`/threads/${thread.id}/draft`)).body;
  for (let look = 0; look < 50 && !(await kept()).includes("train"); look++) await second.waitForTimeout(100);
  assert.equal(await kept(), "Commencé au bureau, continué dans le train");
  // The first goes on without knowing, and away from the network.
  await first.route("**/draft*", (route) => route.abort());
  await box(first).fill("Commencé au bureau, autrement");
  await first.getByText("Brouillon gardé dans ce navigateur").waitFor();
  await first.unroute("**/draft*");
  await first.reload();
  assert.equal(await value(first), "Commencé au bureau, autrement", "the newer goes on");
  await first.getByText("Une autre version de ce brouillon").waitFor();
  await first.locator(".draft-other", { hasText: "continué dans le train" }).waitFor();
  assert.deepEqual(await violations(first), []);
  await first.getByRole("button", { name: "Ajouter ce texte au mien" }).click();
  assert.equal(await value(first), "Commencé au bureau, continué dans le train\n\nCommencé au bureau, autrement");
  await first.keyboard.press("Control+Enter");
  await first.locator("[data-position] .message__body", { hasText: "autrement" }).waitFor();
  await first.reload();
  assert.equal(await value(first), "", "what is posted is no draft");
  const fresh = await open(two, thread);
  await fresh.waitForFunction(() => document.querySelector(".thread__messages").textContent.includes("autrement"));
  for (const context of [one, two]) await context.close();
});

test("Enter sends for who chose it, and never while an input method composes", { timeout: 90_000 }, async () => {
  const choose = (enter) => camille.form("/settings", { name: "Camille Delattre", locale: "fr", theme: "system", ...(enter && { enter_sends: "true" }) });
  const mine = await context();
  const thread = await makeThread(0);
  const page = await open(mine, thread);
  await box(page).pressSequentially("un");
  await page.keyboard.press("Enter");
  assert.equal(await value(page), "un\n", "by default it begins a line");
  await page.getByText("Entrée va à la ligne, Ctrl+Entrée envoie.").waitFor();
  await choose(true);
  await page.getByText("Entrée envoie, Maj+Entrée va à la ligne.").waitFor();
  await box(page).fill("deux");
  await page.keyboard.press("Shift+Enter");
  assert.equal(await value(page), "deux\n");
  const compose = (init) => box(page).evaluate((area, init) => !area.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true, ...init })), init);
  assert.equal(await compose({ isComposing: true }), false);
  assert.equal(await compose({ keyCode: 229 }), false);
  assert.equal(await compose({ isComposing: true, ctrlKey: true }), false);
  assert.equal(await value(page), "deux\n", "the word is chosen, and nothing is sent");
  const session = await mine.newCDPSession(page);
  await session.send("Input.imeSetComposition", { text: "日本", selectionStart: 2, selectionEnd: 2 });
  await session.send("Input.insertText", { text: "日本" });
  assert.equal(await value(page), "deux\n日本");
  await page.keyboard.press("Enter");
  await page.locator("[data-position] .message__body", { hasText: "日本" }).waitFor();
  assert.equal(await value(page), "");
  await choose(false);
  const touch = await context(CAMILLE, { hasTouch: true, isMobile: true, viewport: { width: 390, height: 800 } });
  await choose(true);
  const phone = await open(touch, thread);
  await box(phone).fill("trois");
  await phone.keyboard.press("Enter");
  assert.equal(await value(phone), "trois\n", "on a touch screen it begins a line");
  await choose(false);
  for (const context of [mine, touch]) await context.close();
});

test("the arrow up puts one's last message otherwise in its place, and loses no word", { timeout: 120_000 }, async () => {
  const mine = await context();
  const thread = await makeThread(0);
  const posted = await camille.post(`/threads/${thread.id}/messages`, { body: "Une fote" });
  await nadia.post(`/threads/${thread.id}/messages`, { body: "Autre chose" });
  const page = await open(mine, thread);
  await box(page).focus();
  await page.keyboard.press("ArrowUp");
  const field = page.getByLabel("Modifier votre message");
  await field.waitFor();
  assert.equal(await field.inputValue(), "Une fote");
  assert.equal(await focused(page), "edit-body");
  assert.deepEqual(await violations(page), []);
  await page.keyboard.press("Escape");
  await field.waitFor({ state: "detached" });
  assert.equal(await focused(page), "body", "and the focus is back");
  await page.keyboard.press("ArrowUp");
  await field.fill("Une faute");
  // What happens to the message meanwhile takes nothing away.
  await nadia.put(`/messages/${posted.id}/reactions/thanks`);
  await page.getByText("Merci 1").waitFor();
  assert.equal(await field.inputValue(), "Une faute");
  await proxy.cut();
  await page.keyboard.press("Control+Enter");
  await page.getByText("Pas de connexion pour l’instant").waitFor();
  assert.equal(await field.inputValue(), "Une faute");
  proxy.heal();
  for (let attempt = 0; attempt < 40 && (await field.count()) > 0; attempt++) {
    await field.press("Control+Enter").catch(() => {});
    await page.waitForTimeout(250);
  }
  await shows(page, ["Bonjour", "Une faute", "Autre chose"]);
  assert.equal(await focused(page), "body");
  await page.locator("#announcer", { hasText: "Modification enregistrée" }).waitFor({ state: "attached" });
  await box(page).fill("x");
  await page.keyboard.press("ArrowUp");
  assert.equal(await field.count(), 0, "only in an empty text");
  await mine.close();
});

test("what is pasted from Word keeps its lists and links, and one undoing takes it away", { timeout: 90_000 }, async () => {
  const mine = await context();
  const page = await open(mine, await makeThread(0));
  await box(page).fill("Avant ");
  const paste = (html, text) =>
    box(page).evaluate((area, [html, text]) => {
      const data = new DataTransfer();
      data.setData("text/html", html);
      data.setData("text/plain", text);
      area.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
    }, [html, text]);
  const item = (text) => `<p class=MsoListParagraph style='mso-list:l0 level1 lfo1'><span style='mso-list:Ignore'>·<span>&nbsp; </span></span>${text}</p>`;
  await paste(`<html><body>${item("Le <a href='https://irev.fr'>guide</a>")}${item("Le <b>budget</b>")}</body></html>`, "Le guide\nLe budget");
  await page.waitForFunction(() => document.querySelector("#body").value === "Avant - Le [guide](https://irev.fr)\n- Le **budget**");
  await page.keyboard.press("Control+z");
  assert.equal(await value(page), "Avant ");
  await paste("<span style='color:red'>du &lt;texte&gt;</span>", "du <texte>");
  await page.waitForFunction(() => document.querySelector("#body").value === "Avant du <texte>");
  await mine.close();
});

test("a preview is what will be posted, announced, and follows what is typed", { timeout: 90_000 }, async () => {
  const mine = await context();
  const page = await open(mine, await makeThread(0));
  const said = await listening(page);
  await box(page).fill("- [ ] **écrire**");
  const button = page.getByRole("button", { name: "Aperçu" });
  await button.click();
  const region = page.getByRole("region", { name: "Aperçu" });
  await region.getByRole("checkbox", { name: "écrire" }).waitFor();
  assert.ok(await region.getByRole("checkbox").isDisabled());
  assert.equal(await button.getAttribute("aria-expanded"), "true");
  assert.ok((await said()).includes("Aperçu affiché sous votre texte"));
  await box(page).fill("<script>alert(1)</script>");
  await region.getByText("<script>alert(1)</script>").waitFor();
  assert.deepEqual(await violations(page), []);
  await button.click();
  assert.ok(await region.isHidden());
  await mine.close();
});

test("without a script one looks at a message and posts it, with its files", { timeout: 90_000 }, async () => {
  const mine = await context(NADIA, { javaScriptEnabled: false });
  const thread = await makeThread(0);
  const page = await mine.newPage();
  await page.goto(thread.url);
  assert.equal(await page.getByRole("toolbar").count(), 0, "what does nothing is not shown");
  await box(page).fill("Un **mot**\n\n- [x] fait");
  await page.getByLabel("Joindre des documents").setInputFiles({ name: "grille.txt", mimeType: "text/plain", buffer: Buffer.from("a") });
  await page.getByRole("button", { name: "Aperçu" }).click();
  await page.getByRole("region", { name: "Aperçu" }).locator("strong", { hasText: "mot" }).waitFor();
  assert.equal(await value(page), "Un **mot**\n\n- [x] fait");
  assert.ok(await page.getByRole("checkbox", { name: /grille.txt/ }).isChecked());
  await page.getByRole("button", { name: "Répondre" }).click();
  await page.locator("[data-position] .message__body strong", { hasText: "mot" }).waitFor();
  await page.getByRole("link", { name: "grille.txt" }).waitFor();
  assert.equal(await value(page), "");
  await mine.close();
});

test("a thread that is opened keeps its draft and takes files", { timeout: 90_000 }, async () => {
  const mine = await context();
  const { channel } = await makeThread(0);
  const page = await mine.newPage();
  await page.goto(`${proxy.url}/channels/${channel.id}?new=1`);
  const text = page.getByLabel("Votre message");
  await text.fill("Qui a déjà essayé");
  await page.getByLabel("Titre").fill("Essayer");
  await page.getByLabel("C’est").selectOption("question");
  await page.getByText("Brouillon enregistré").waitFor();
  await page.getByLabel("Joindre des documents").setInputFiles({ name: "plan.txt", mimeType: "text/plain", buffer: Buffer.from("a") });
  await page.getByText("Joint", { exact: true }).waitFor();
  await page.goto(`${proxy.url}/`);
  await page.goto(`${proxy.url}/channels/${channel.id}?new=1`);
  assert.deepEqual([await text.inputValue(), await page.getByLabel("Titre").inputValue(), await page.getByLabel("C’est").inputValue()], ["Qui a déjà essayé", "Essayer", "question"]);
  await page.locator(".attaching__file", { hasText: "plan.txt" }).waitFor();
  assert.deepEqual(await violations(page), []);
  await page.getByRole("button", { name: "Publier" }).click();
  await page.getByRole("heading", { name: "Essayer" }).waitFor();
  await page.getByRole("link", { name: "plan.txt" }).waitFor();
  await page.goto(`${proxy.url}/channels/${channel.id}?new=1`);
  assert.equal(await text.inputValue(), "");
  await mine.close();
});

test("one can write at 320 pixels, on a low screen and in forced colours", { timeout: 90_000 }, async () => {
  const mine = await context(CAMILLE, { viewport: { width: 320, height: 400 }, forcedColors: "active" });
  const page = await open(mine, await makeThread(3));
  await box(page).fill("Un mot ".repeat(40));
  await page.getByRole("button", { name: "Aperçu" }).click();
  await page.getByRole("region", { name: "Aperçu" }).waitFor();
  assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 320);
  assert.equal(await page.locator("#composer").evaluate((form) => getComputedStyle(form).position), "static");
  await page.setViewportSize({ width: 1280, height: 479 });
  assert.equal(await page.locator("#composer").evaluate((form) => getComputedStyle(form).position), "static");
  assert.deepEqual(await violations(page), []);
  await mine.close();
});
