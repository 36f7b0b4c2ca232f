// The binary as its operator meets it: commands, refusals, starts after an accident.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { dataFolder, run, serve } from "./support.mjs";

const { data, remove } = dataFolder();
after(remove);

const status = async (url, headers = {}) => (await fetch(url, { headers, redirect: "manual" })).status;

test("each command explains itself, and what is mistyped is refused in a sentence", async () => {
  for (const command of [[], ["serve"], ["migrate"], ["demo"], ["user", "create"], ["token", "create"], ["settings"], ["doctor"]]) {
    const { code, stdout } = await run(data, [...command, "--help"]);
    assert.ok(code === 0 && stdout.includes("Usage: preau") && stdout.includes("--data"), command.join(" "));
  }
  const refusals = [
    [["serve", "--listen", "nowhere"], /is not an address: give --listen/],
    [["serve", "--public-url", "http://preau.example"], /http would show everybody's session/],
    [["user", "create", "--email", "nobody", "--name", "N"], /cannot be used: give --email/],
    [["doctor"], /WRONG database/, { DATABASE_URL: "postgres://nobody@127.0.0.1:1/nothing" }],
    [["serve"], /./, { DATABASE_URL: "not an address" }],
  ];
  for (const [args, sentence, env] of refusals) {
    const { code, stdout, stderr } = await run(data, args, env);
    assert.notEqual(code, 0, args.join(" "));
    assert.match(stdout + stderr, sentence, args.join(" "));
    assert.ok(!/panicked|stack backtrace/i.test(stderr), stderr);
  }
});

test("what is one's own is kept through accidents, and never becomes a demonstration", async () => {
  let server = await serve(data);
  assert.match(server.output(), /nobody has an account yet/);
  assert.equal(await status(`${server.url}/mailbox`), 404, "no mailbox without --demo or --dev");
  const account = ["--email", "ines.charge@reseau.example"];
  const made = await run(data, ["user", "create", ...account, "--name", "Inès Charge", "--admin"]);
  assert.match(made.stdout, /sign in within 15 minutes at/);
  const printed = await run(data, ["token", "create", ...account]);
  const bearer = { authorization: `Bearer ${printed.stdout.trim().split(/\s+/).pop()}` };
  assert.equal(await status(`${server.url}/api/v1/me`, bearer), 200);
  const group = await fetch(`${server.url}/api/v1/groups`, {
    method: "POST",
    headers: { ...bearer, "content-type": "application/json" },
    body: JSON.stringify({ name: "À nous", access: "invite" }),
  });
  assert.equal(group.status, 201);
  const well = await run(data, ["doctor"]);
  assert.ok(well.code === 0 && !well.stdout.includes("WRONG"), well.stdout);

  await server.kill();
  server = await serve(data);
  const groups = await (await fetch(`${server.url}/api/v1/groups`, { headers: bearer })).json();
  assert.deepEqual(groups.items.map(({ name }) => name), ["À nous"], "the next start finds the running PostgreSQL and all in it");
  await server.stop();

  for (const args of [["serve", "--demo"], ["demo"]]) {
    const refused = await run(data, args);
    assert.notEqual(refused.code, 0);
    assert.match(refused.stderr, /not of the demonstration: choose an empty/);
  }
  server = await serve(data, "--dev");
  assert.equal(await status(`${server.url}/mailbox`), 200, "developers have a mailbox");
  await server.stop();
  server = await serve(data, "--dev", "--public-url", "https://preau.example");
  assert.equal(await status(`${server.url}/mailbox`), 404, "never on an address that others reach");
  await server.stop();
});
