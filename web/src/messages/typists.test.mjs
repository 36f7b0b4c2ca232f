import assert from "node:assert/strict";
import { test } from "node:test";
import { sentence, Typists } from "./typists.ts";

const labels = { one: "{a} écrit…", two: "{a} et {b} écrivent…", many: "Plusieurs personnes écrivent…" };
const NADIA = "Nadia Verhaeghe";
const CAMILLE = "Camille Delattre";

test("who writes is named alone, and two by their first names; of more it is said that there are several", () => {
  assert.equal(sentence([], labels), "");
  assert.equal(sentence([NADIA], labels), "Nadia Verhaeghe écrit…");
  assert.equal(sentence([NADIA, CAMILLE], labels), "Nadia et Camille écrivent…");
  assert.equal(sentence([NADIA, CAMILLE, "Hugo"], labels), "Plusieurs personnes écrivent…");
  assert.equal(sentence(["$& {b}", CAMILLE], labels), "$& et Camille écrivent…", "a name is a name");
});

test("writing is over by time alone, unless what was written arrives", () => {
  const typists = new Typists();
  assert.equal(typists.next(), undefined);
  typists.hear("n", NADIA, 8_000);
  typists.hear("c", CAMILLE, 9_000);
  assert.deepEqual(typists.names(7_999), [NADIA, CAMILLE]);
  assert.equal(typists.next(), 8_000);
  typists.hear("n", NADIA, 14_000);
  assert.deepEqual(typists.names(8_000), [NADIA, CAMILLE], "told again, nobody changes place");
  assert.deepEqual(typists.names(9_000), [NADIA]);
  typists.stop("n");
  assert.deepEqual(typists.names(9_000), []);
  assert.equal(typists.next(), undefined);
});
