// Pictures in messages: their place is kept before they come, so that nothing moves under the eyes of who reads.
import assert from "node:assert/strict";
import { test } from "node:test";
import { CAMILLE, camille, context, makeThread, nadia, stage } from "./stage.mjs";
import { png, violations } from "./support.mjs";

stage();

/** A thread in which a picture of a size stands between messages. */
async function withPicture(width, height) {
  const thread = await makeThread(1);
  const { id } = await nadia.upload(`/groups/${thread.group.id}/files`, {}, "plan.png", png(width, height));
  const picture = await nadia.post(`/threads/${thread.id}/messages`, { body: "Le plan", attachments: [id] });
  const after = await nadia.post(`/threads/${thread.id}/messages`, { body: "Qu’en dites-vous ?" });
  await camille.put(`/threads/${thread.id}/read`, { position: after.position });
  return { ...thread, picture, after };
}

/** Where the picture and what follows it are, to a hundredth of a pixel. */
function places(page, { picture, after }) {
  return page.evaluate(([picture, after]) => {
    const { left, right, top, bottom } = document.querySelector(`#message-${picture} img`).getBoundingClientRect();
    return [left, right, top, bottom, document.getElementById(`message-${after}`).getBoundingClientRect().top].map((at) => Math.round(at * 100) / 100);
  }, [picture.id, after.id]);
}

for (const width of [1360, 390]) {
  test(`nothing moves when a picture comes, at ${width} px`, async () => {
    const visitor = await context(CAMILLE, { viewport: { width, height: 900 } });
    // The second one has another shape than was said of it, the third one is none.
    for (const [real, sent] of [[png(1000, 667), png(1000, 667)], [png(900, 2000), png(1000, 100)], [png(300, 200), "nothing"]]) {
      const size = [real.readUInt32BE(16), real.readUInt32BE(20)];
      const thread = await withPicture(...size);
      const page = await visitor.newPage();
      let arrive;
      const waiting = new Promise((resolve) => (arrive = resolve));
      await page.route("**/files/*", async (route) => {
        await waiting;
        await route.fulfill({ body: Buffer.from(sent), contentType: "image/png" });
      });
      await page.goto(thread.url, { waitUntil: "domcontentloaded" });
      const image = page.locator(`#message-${thread.picture.id} img`);
      await image.scrollIntoViewIfNeeded();
      const before = await places(page, thread);
      const [left, right, top, bottom] = before;
      assert.ok(right - left > 40 && bottom - top > 40, `its place is kept: ${before}`);
      assert.ok(left >= 0 && right <= width && bottom - top <= 320.5, `it fits: ${before}`);
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth > innerWidth), false);
      arrive();
      await page.waitForFunction((id) => document.querySelector(`#message-${id} img`).complete, thread.picture.id);
      await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
      assert.equal(await image.evaluate((image) => image.naturalWidth > 0), sent !== "nothing");
      assert.deepEqual(await places(page, thread), before);
      await page.close();
    }
    await visitor.close();
  });
}

test("a picture is a link to its document, named by its title, and is read from its file", async () => {
  const visitor = await context();
  const thread = await withPicture(600, 400);
  const page = await visitor.newPage();
  const answered = page.waitForResponse((response) => response.url().includes("/files/"));
  await page.goto(thread.url);
  assert.equal((await answered).status(), 200);
  const image = page.getByRole("img", { name: "plan.png" });
  await page.waitForFunction((id) => document.querySelector(`#message-${id} img`).naturalWidth === 600, thread.picture.id);
  assert.deepEqual(await violations(page), []);
  await image.click();
  await page.getByRole("heading", { level: 1, name: "plan.png" }).waitFor();
  await visitor.close();
});
