// What somebody is writing or choosing: no change of the page touches it, and where its place goes it is given back.
import { copied } from "./fragments.ts";

type Field = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement;

function isField(node: Node): node is Field {
  return node instanceof HTMLInputElement || node instanceof HTMLTextAreaElement || node instanceof HTMLSelectElement;
}

/** Whether a field holds something else than the page gave it. */
function isTouched(field: Field): boolean {
  if (field instanceof HTMLSelectElement) return [...field.options].some((option) => option.selected !== option.defaultSelected);
  if (field instanceof HTMLTextAreaElement) return field.value !== field.defaultValue;
  if (field.type === "file") return (field.files?.length ?? 0) > 0;
  if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
  return field.value !== field.defaultValue;
}

/** Whether a node is a field that stays as it is: touched, or one choice of several of which another is. */
export function isKept(node: Node): boolean {
  if (!isField(node)) return false;
  if (node instanceof HTMLInputElement && node.type === "radio") {
    const choices = node.form?.elements.namedItem(node.name);
    if (choices instanceof RadioNodeList) return [...choices].some((choice) => isField(choice) && isTouched(choice));
  }
  return isTouched(node);
}

/** Calls `change`, and shows what was typed in places that are gone afterwards. */
export function givingBack(change: () => void): void {
  const fields = [...document.querySelectorAll<Field>("main textarea, main input:not([type=hidden], [type=search])")];
  const typed = fields.filter((field) => isTouched(field) && !["radio", "checkbox", "file"].includes(field.type));
  change();
  giveBack(typed.filter((field) => !field.isConnected).map(({ value }) => value));
}

/** Shows texts whose place is gone, at the top of the page, to be copied. */
export function giveBack(texts: string[]): void {
  if (texts.length === 0) return;
  const known = document.querySelector<HTMLElement>("#kept");
  const place = known ?? copied("kept-text");
  const area = place?.querySelector("textarea");
  if (!place || !area) return;
  // The value that it has from now on is its own: a page that is taken over later leaves it.
  area.value = [area.value, ...texts].filter((text) => text !== "").join("\n\n");
  if (!known) document.querySelector("main")?.prepend(place);
}
