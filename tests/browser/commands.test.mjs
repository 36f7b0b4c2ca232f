// The binary as its operator meets it: commands, refusals, starts after an accident.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { simpleParser } from "mailparser";
import { SMTPServer } from "smtp-server";
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
    [["doctor"], /WRONG database: it does not answer: is PostgreSQL running/, { DATABASE_URL: "postgres://nobody@127.0.0.1:1/nothing" }],
    [["serve"], /DATABASE_URL is not an address of PostgreSQL/, { DATABASE_URL: "not an address" }],
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

/** A mail server that keeps what it is given; it refuses the first mail, as a greylisting one does. */
async function mailServer() {
  const [mails, seen, waiting] = [[], { refused: 0, users: [] }, []];
  const server = new SMTPServer({
    disabledCommands: ["STARTTLS"],
    allowInsecureAuth: true,
    onAuth: ({ username, password }, _, done) => {
      seen.users.push(`${username}:${password}`);
      done(null, { user: username });
    },
    onRcptTo: (_, __, done) => {
      if (seen.refused++ > 0) return done();
      done(Object.assign(new Error("come back later"), { responseCode: 450 }));
    },
    onData: async (stream, _, done) => {
      mails.push(await simpleParser(stream));
      waiting.shift()?.();
      done();
    },
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    seen,
    url: (user) => `smtp://${user}@127.0.0.1:${server.server.address().port}`,
    /** The next mail, waited for. */
    next: async () => {
      if (!mails.length) await new Promise((resolve) => waiting.push(resolve));
      return mails.shift();
    },
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}

test("a sign-in goes through a mail server, which may ask to come back", { timeout: 120_000 }, async () => {
  const [own, post] = [dataFolder(), await mailServer()];
  const server = await serve(own.data, "--smtp-url", post.url("preau:s3cret"), "--mail-from", "Préau <preau@reseau.example>");
  const address = "camille.delattre@lille.example";
  await run(own.data, ["user", "create", "--email", address, "--name", "Camille Delattre"]);
  const asked = await fetch(`${server.url}/sign-in`, {
    method: "POST",
    redirect: "manual",
    headers: { origin: server.url, "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({ email: address }),
  });
  assert.equal(asked.status, 303);
  const mail = await post.next();
  assert.ok(post.seen.refused > 1, "it came back after a refusal");
  assert.equal(post.seen.users[0], "preau:s3cret");
  assert.equal(mail.from.text, '"Préau" <preau@reseau.example>');
  assert.equal(mail.to.text, address);
  const link = /http\S+\/sign-in\/[0-9a-f]{64}/.exec(mail.text)?.[0];
  assert.ok(link && /\b\d{3}\s?\d{3}\b/.test(mail.text), mail.text);
  assert.ok(mail.html.includes(link), "the same link in both parts");
  assert.equal(await status(link), 200, "to follow it signs nobody in");
  const confirmed = await fetch(link, { method: "POST", redirect: "manual", headers: { origin: server.url } });
  assert.equal(confirmed.status, 303);
  const cookie = confirmed.headers.get("set-cookie").split(";")[0];
  assert.equal(await status(`${server.url}/settings`, { cookie }), 200);
  const again = await fetch(link, { method: "POST", redirect: "manual", headers: { origin: server.url } });
  assert.equal(again.headers.get("set-cookie"), null, "a link is used once");
  await server.stop();
  await post.close();
  own.remove();
});
