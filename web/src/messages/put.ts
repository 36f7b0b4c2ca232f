// A change of what is being written, as the browser's own editing makes it: Ctrl+Z undoes it.
import type { Edit } from "./format.ts";

/** Puts a text in place of another, and selects what is to be. */
export function put(area: HTMLTextAreaElement, { from, to, text, select }: Edit): void {
  area.focus({ preventScroll: true });
  area.setSelectionRange(from, to);
  // Marked as obsolete, and still the only way that a browser undoes.
  const done = text === "" ? from === to || document.execCommand("delete") : document.execCommand("insertText", false, text);
  if (!done) {
    area.setRangeText(text, from, to, "end");
    area.dispatchEvent(new InputEvent("input", { bubbles: true }));
  }
  area.setSelectionRange(...select);
}

/** Puts a text where the caret is, in place of what is selected. */
export function insert(area: HTMLTextAreaElement, text: string): void {
  const [from, to] = [area.selectionStart, area.selectionEnd];
  put(area, { from, to, text, select: [from + text.length, from + text.length] });
}
