import assert from "node:assert/strict";
import { test } from "node:test";
import { answered } from "./answered.ts";

test("one answers those who wrote last, by their first names", () => {
  const labels = { one: "à {a}", two: "à {a} et {b}", three: "à {a}, {b} et {c}" };
  assert.equal(answered([], labels), "");
  assert.equal(answered(["Sophie"], labels), "à Sophie");
  assert.equal(answered(["Sophie", "Nadia"], labels), "à Sophie et Nadia");
  assert.equal(answered(["Sophie", "Nadia", "Hugo"], labels), "à Sophie, Nadia et Hugo");
  assert.equal(answered(["$&", "{a}"], labels), "à $& et {a}");
});
