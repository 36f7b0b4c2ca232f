import assert from "node:assert/strict";
import { test } from "node:test";
import { formatted } from "./format.ts";

/** A text with its selection between `[` and `]` marks of its own: ‹ and ›. */
function apply(tool, marked) {
  const [from, to] = [marked.indexOf("‹"), marked.indexOf("›") - 1];
  const value = marked.replace(/[‹›]/g, "");
  const { from: start, to: end, text, select } = formatted(tool, value, from, to, "Colonne");
  const after = value.slice(0, start) + text + value.slice(end);
  return `${after.slice(0, select[0])}‹${after.slice(select[0], select[1])}›${after.slice(select[1])}`;
}

test("marks are put around what is selected, without its blanks, and taken away again", () => {
  assert.equal(apply("bold", "un ‹mot ›ici"), "un **‹mot›** ici");
  assert.equal(apply("bold", "un **‹mot›** ici"), "un ‹mot› ici");
  assert.equal(apply("italic", "un **‹mot›** ici"), "un ***‹mot›*** ici");
  assert.equal(apply("italic", "un *‹mot›* ici"), "un ‹mot› ici");
  assert.equal(apply("bold", "‹›"), "**‹›**");
  assert.equal(apply("code", "‹x›"), "`‹x›`");
  assert.equal(apply("code", "a\n‹x\ny›"), "a\n```\n‹x\ny›\n```\n");
});

test("lines become a list, of another kind, and lines again", () => {
  assert.equal(apply("list", "avant\n‹un\ndeux›\naprès"), "avant\n‹- un\n- deux›\naprès");
  assert.equal(apply("numbers", "‹- un\n- deux›"), "‹1. un\n2. deux›");
  assert.equal(apply("tasks", "‹1. un\n2. deux›"), "‹- [ ] un\n- [ ] deux›");
  assert.equal(apply("tasks", "‹- [ ] un\n- [x] deux›"), "‹un\ndeux›");
  assert.equal(apply("quote", "‹- un\n›deux"), "‹> - un›\ndeux");
  assert.equal(apply("list", "un\n‹›"), "un\n- ‹›");
});

test("a link asks for its address, and an address for its text", () => {
  assert.equal(apply("link", "voir ‹ceci›"), "voir [ceci](‹https://›)");
  assert.equal(apply("link", "voir ‹https://irev.fr›"), "voir [‹›](https://irev.fr)");
});

test("a table begins on a line of its own", () => {
  assert.equal(apply("table", "a‹›"), "a\n\n| ‹Colonne 1› | Colonne 2 |\n| --- | --- |\n|  |  |\n|  |  |\n");
});
