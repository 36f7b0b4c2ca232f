// Makes the pictures of the documentation from the demonstration: `npm run picture`, with PREAU_BIN.
import { signIn, startBrowser, startServer } from "./support.mjs";

const [server, browser] = await Promise.all([startServer(), startBrowser()]);
try {
  const context = await browser.newContext({ locale: "fr-FR", viewport: { width: 1360, height: 900 }, colorScheme: "light" });
  const page = await context.newPage();
  await signIn(page, server, "camille.delattre@lille.example");
  await page.locator("nav.navigation a[data-channel]", { hasText: "Évaluation" }).click();
  await page.locator(".thread-row", { hasText: "évaluateur externe" }).click();
  await page.screenshot({ path: new URL("../../docs/thread.png", import.meta.url).pathname });
  const [folder, thread] = [process.env.PREAU_PICTURES, page.url()];
  if (folder) {
    for (const [width, colorScheme] of [[1360, "light"], [390, "light"], [1360, "dark"], [390, "dark"]]) {
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme });
      for (const [name, url] of Object.entries({ thread, home: `${server.url}/`, meetings: `${server.url}/meetings`, documents: `${server.url}/documents` })) {
        await page.goto(url);
        await page.screenshot({ path: `${folder}/${name}-${width}-${colorScheme}.png` });
      }
      await page.goto(`${server.url}/meetings`);
      await page.locator("main .list a").first().click();
      await page.screenshot({ path: `${folder}/meeting-${width}-${colorScheme}.png` });
    }
  }
} finally {
  await browser.close();
  await server.stop();
}
