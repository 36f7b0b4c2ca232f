// Every form of the product, sent without JavaScript: whatever form a page shows must have been sent at the end.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { signIn, startBrowser, startServer } from "./support.mjs";

const ETIENNE = "etienne.caron@irev.example";
const MEHDI = "mehdi.bensalem@valenciennes.example";

let server;
let browser;

before(async () => {
  [server, browser] = await Promise.all([startServer(), startBrowser()]);
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

/** An address without what names one thing, so that the forms of all channels are one form. */
function shape(method, address) {
  const path = new URL(address, server.url).pathname;
  const shaped = path
    .replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, "{id}")
    .replace(/[0-9a-f]{64}/, "{secret}")
    .replace(/^\/groups\/[^/]+/, "/groups/{group}")
    .replace(/reactions\/\w+/, "reactions/{name}");
  return `${method.toUpperCase()} ${shaped}`;
}

/** Somebody without JavaScript; the forms of each page they come to are noted in `shown`, and what they send in `sent`. */
async function visitor(shown, sent) {
  const context = await browser.newContext({ javaScriptEnabled: false, locale: "fr-FR", viewport: { width: 1360, height: 900 } });
  context.setDefaultTimeout(10_000);
  const page = await context.newPage();
  page.on("request", (request) => request.isNavigationRequest() && sent.add(shape(request.method(), request.url())));
  page.on("response", async (response) => {
    if (!response.request().isNavigationRequest() || !response.headers()["content-type"]?.startsWith("text/html")) return;
    const html = await response.text().catch(() => "");
    for (const [form] of html.matchAll(/<form[^>]*>/g)) {
      const [method, action] = ["method", "action"].map((name) => new RegExp(` ${name}="([^"]*)"`).exec(form)?.[1]);
      shown.add(shape(method ?? "get", action ?? "/"));
    }
  });
  return page;
}

test("every form works without JavaScript", { timeout: 180_000 }, async () => {
  const [shown, sent] = [new Set(), new Set()];
  const page = await visitor(shown, sent);
  await signIn(page, server, ETIENNE);
  const press = (name) => page.locator("main").getByRole("button", { name, exact: false }).first().click();
  const open = (text) => page.locator("main summary", { hasText: text }).first().click();
  const heading = (name) => page.getByRole("heading", { name }).first().waitFor();

  // A group, changed, with a channel that is changed, archived by its form and reopened from its list.
  await page.goto(`${server.url}/groups`);
  await open("Créer un groupe");
  await page.getByLabel("Nom du groupe").fill("Essais sans script");
  await press("Créer ce groupe");
  await heading("Essais sans script");
  const group = page.url();
  await page.getByRole("link", { name: "Modifier le groupe" }).click();
  await page.locator("main #purpose").fill("Tout essayer");
  await press("Enregistrer les changements");
  await page.getByText("Tout essayer").first().waitFor();
  await open("Créer un salon");
  await page.getByLabel("Nom du salon").fill("Essais");
  await press("Créer ce salon");
  await page.getByRole("link", { name: "Modifier le salon" }).click();
  await page.getByLabel("Nom du salon").fill("Essais variés");
  await press("Enregistrer les changements");
  await page.getByRole("link", { name: "Modifier le salon" }).click();
  await press("Archiver ce salon");
  await press("Rouvrir ce salon");

  // A question, renamed and resolved, answered with a file; the answer is reacted to, edited and removed.
  await page.getByRole("link", { name: "Nouvelle discussion" }).click();
  await page.getByLabel("Votre message").fill("Qui a déjà essayé ?");
  await page.getByLabel("C’est").selectOption({ label: "Une question" });
  await press("Publier");
  await page.getByRole("link", { name: "Plus d’actions" }).click();
  await page.locator("#title").fill("Essayer sans script");
  await press("Renommer la discussion");
  await heading("Essayer sans script");
  await press("Marquer comme résolue");
  await page.getByText("Résolu").first().waitFor();
  await page.getByLabel("Votre réponse").fill("Moi, avec une pièce jointe");
  await page.getByLabel("Joindre des documents").setInputFiles({ name: "essai.txt", mimeType: "text/plain", buffer: Buffer.from("essai") });
  await press("Répondre");
  const actions = () => page.locator("li[data-position]").last().getByRole("link", { name: /Actions/ }).click();
  await actions();
  await press("Utile");
  await actions();
  await page.getByLabel("Modifier le texte").fill("Moi aussi");
  await press("Enregistrer la modification");
  for (const deed of ["C’est la réponse", "Épingler dans la discussion", "Ajouter à mes favoris"]) {
    await actions();
    await press(deed);
    await page.locator("#thread-title").waitFor();
  }
  await actions();
  await page.getByRole("link", { name: "Signaler ce message" }).click();
  await page.getByLabel("Qu’est-ce qui ne va pas ?").fill("Rien : c’est un essai");
  await press("Envoyer le signalement");
  await page.goto(`${group}/reports`);
  await press("C’est traité");
  await page.goto(`${server.url}/favourites`);
  await page.locator("main h2 a").first().click();

  // The discussion is followed or not; a choice is put in it and made; a part of it continues in another one, comes back,
  // and is new again; the channel says less.
  await page.locator("main form[action$='/follow'] button").first().click();
  await page.getByRole("link", { name: "Poser un choix" }).first().click();
  await page.getByLabel("Votre question").fill("Jeudi ou vendredi ?");
  await page.getByLabel("Choix proposés").fill("Jeudi\nVendredi");
  await press("Publier le sondage");
  await page.getByLabel("Vendredi").check();
  await press("Envoyer mon choix");
  await page.getByText("1 réponse").first().waitFor();
  await actions();
  await press("Créer la discussion");
  await page.getByText("Suite de").first().waitFor();
  await page.getByRole("link", { name: "Plus d’actions" }).click();
  await press("Fusionner les discussions");
  await heading("Essayer sans script");
  await actions();
  await press("Demain matin");
  await actions();
  await press("Marquer comme non lu");
  await open("Recevoir");
  await press("mes discussions");
  await page.locator("main .threads a", { hasText: "Essayer sans script" }).first().click();
  await page.getByLabel("Votre réponse").fill("Je ne sais plus");
  await press("Répondre");
  await actions();
  await press("Retirer ce message");
  await page.getByText("Message retiré").first().waitFor();
  await press("Annuler le retrait");
  await page.locator(".thread__messages").getByText("Je ne sais plus").waitFor();
  await actions();
  await press("Retirer ce message");
  await page.getByText("Message retiré").first().waitFor();

  // A document, described, with a second version, removed.
  await page.goto(`${group}/documents`);
  await page.locator("#title").fill("Un outil");
  const file = { name: "outil.csv", mimeType: "text/csv", buffer: Buffer.from("a;b") };
  await page.locator("#file").setInputFiles(file);
  await press("Ajouter à la bibliothèque");
  await heading("Un outil");
  await open("Compléter ou corriger");
  await page.locator("main #purpose").fill("Suivre");
  await press("Enregistrer");
  await open("Déposer une nouvelle version");
  await page.locator("#file").setInputFiles({ ...file, buffer: Buffer.from("a;c") });
  await press("Déposer cette version");
  await page.getByText("Version 2").first().waitFor();
  await open("Retirer de la bibliothèque");
  await press("Retirer ce document");
  await heading("Bibliothèque");

  // A meeting, changed, answered, cancelled and taken up again; a subscription.
  await page.goto(`${group}/meetings/new`);
  await page.locator("#title").fill("Une rencontre");
  await page.locator("#objective").fill("Se voir");
  await page.locator("#date").fill("2031-10-02");
  await page.locator("#from").fill("09:30");
  await page.locator("#to").fill("11:00");
  await press("Programmer cette rencontre");
  await page.getByRole("link", { name: "Modifier la rencontre" }).click();
  await page.locator("#place").fill("Lille");
  await press("Enregistrer les changements");
  await page.getByText("Lille").first().waitFor();
  await page.getByLabel("Je viens sur place").check();
  await press("Enregistrer");
  await press("Annuler la rencontre");
  await press("Rétablir la rencontre");
  await page.goto(`${server.url}/meetings`);
  await press("Obtenir mon adresse d’abonnement");
  await page.locator("#feed-address").waitFor();
  await page.goto(`${server.url}/meetings`);
  await press("Arrêter l’abonnement");
  await page.getByRole("button", { name: "Obtenir mon adresse d’abonnement" }).waitFor();

  // Members: one invited, whose role changes; who asks to join, let in, removed; who leaves.
  await page.goto(`${group}/members`);
  await page.locator("#email").fill(MEHDI);
  await press("Inviter");
  const mehdi = page.locator("li", { hasText: "Mehdi" });
  await mehdi.locator("summary").click();
  await mehdi.getByLabel("Rôle").selectOption("animator");
  await mehdi.getByRole("button", { name: "Changer le rôle" }).click();
  await mehdi.getByText("Animation").first().waitFor();
  const other = await visitor(shown, sent);
  await signIn(other, server, MEHDI);
  await other.goto(`${group}/members`);
  await other.getByRole("button", { name: "Quitter ce groupe" }).click();
  await page.goto(`${group}/edit`);
  await page.locator("#access").selectOption("request");
  await press("Enregistrer les changements");
  await other.goto(`${server.url}/groups`);
  await other.locator("li", { hasText: "Essais sans script" }).getByRole("button", { name: "Demander" }).click();
  await other.getByText("Votre demande est partie").waitFor();
  await page.goto(`${group}/members`);
  await press("Accepter Mehdi");
  await mehdi.locator("summary").click();
  await mehdi.getByRole("button", { name: /Retirer/ }).click();
  await mehdi.waitFor({ state: "detached" });

  // What is meant for somebody, seen one by one and at once; a search, one's own settings, another session ended, a password that signs in, and the code of a mail.
  await page.goto(`${server.url}/notifications`);
  await page.locator("main form[action$='/seen'] button[aria-label]").first().click();
  await press("Tout marquer comme vu");
  await page.locator("#search").fill("essayer");
  await page.keyboard.press("Enter");
  await heading("Recherche");
  await other.goto(`${server.url}/settings`);
  await other.locator("#theme").selectOption("dark");
  await other.getByRole("button", { name: "Enregistrer mes préférences" }).click();
  await other.getByText("C’est enregistré.").waitFor();
  await other.locator("#password").fill("une phrase assez longue");
  await other.getByRole("button", { name: "Enregistrer ce mot de passe" }).click();
  await other.getByText("C’est enregistré.").waitFor();

  // Quiet hours; a device that a browser has subscribed, tried and removed.
  const subscription = {
    endpoint: "https://push.invalid/device",
    keys: {
      p256dh: "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
      auth: "BTBZMqHH6r4Tts7J_aSIgg",
    },
  };
  const subscribed = await other.context().request.post(`${server.url}/api/v1/push/devices`, { data: subscription });
  assert.equal(subscribed.status(), 201, await subscribed.text());
  await other.goto(`${server.url}/settings`);
  await other.getByRole("link", { name: "Recevoir des notifications" }).click();
  await other.getByLabel("Jusqu’à").fill("09:00");
  await other.getByRole("button", { name: "Enregistrer mes heures calmes" }).click();
  await other.getByText("C’est enregistré.").waitFor();
  await other.getByRole("button", { name: "Envoyer un essai" }).click();
  await other.getByText("ne répond pas").waitFor();
  await other.getByRole("button", { name: "Retirer" }).click();
  await other.getByText("Aucun appareil n’est prévenu").waitFor();
  const third = await visitor(shown, sent);
  await third.goto(`${server.url}/sign-in`);
  const byPassword = third.locator("form[action='/sign-in/password']");
  await third.getByText("Se connecter avec un mot de passe").first().click();
  await byPassword.getByLabel("Adresse de courriel").fill(MEHDI);
  await byPassword.getByLabel("Mot de passe").fill("une phrase assez longue");
  await byPassword.getByRole("button").click();
  await third.waitForURL(`${server.url}/`);
  await other.goto(`${server.url}/settings`);
  await other.getByRole("button", { name: "Mettre fin" }).first().click();
  await third.goto(`${server.url}/settings`);
  assert.match(third.url(), /sign-in/, "the ended session is over");
  await third.locator("form[action='/sign-in'] input[type=email]").fill(MEHDI);
  await third.getByRole("button", { name: "Recevoir un lien" }).click();
  const code = await third.context().newPage();
  await code.goto(`${server.url}/mailbox`);
  const [digits] = /\b\d{6}\b/.exec(await code.locator("article").first().innerText()) ?? [];
  await third.getByLabel("Code à 6 chiffres").fill(digits);
  await third.locator("main form").getByRole("button").first().click();
  await third.waitForURL(/settings|\/$/);
  await page.goto(`${server.url}/settings`);
  await press("Me déconnecter");
  await page.waitForURL(/sign-in/);

  const missing = [...shown].filter((form) => !sent.has(form));
  assert.deepEqual(missing, [], "every form that a page shows was sent");
  assert.ok(shown.size >= 28, `the forms are found: ${[...shown].sort().join(", ")}`);
});
