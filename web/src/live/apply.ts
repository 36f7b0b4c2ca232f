// A change of the page, as an event carries it: by DOM id, idempotent, and without taking the focus from anybody.
import { Idiomorph } from "idiomorph";
import { elements } from "./fragments.ts";
import type { Change } from "./reducer.ts";
import { isKept } from "./typed.ts";

/** What is not sent yet stays where it is: last, since only then is it known after which others it comes. */
const UNSENT = ".message--unsent";

/** What only scripts write. */
const SCRIPTED = "[data-composer-status], [data-upload], [data-upload-refused], [data-scripted]";

/** What scripts placed in the page, of which a fresh one knows nothing. */
const PLACED = `${UNSENT}, #kept, #new-messages, [data-placed]`;

/** What scripts hold of a page, and its fresh copy knows nothing of. */
const callbacks = {
  beforeNodeMorphed: (old: Node) => !isKept(old) && !(old instanceof HTMLElement && old.matches(SCRIPTED)),
  beforeNodeRemoved: (old: Node) => !(old instanceof HTMLElement && old.matches(PLACED)),
  // What is open stays open, and the id that the composer has given to what is being written is its own.
  beforeAttributeUpdated: (name: string, node: Element, how: "update" | "remove") =>
    !(name === "open" && how === "remove") && !(name === "value" && node.matches("#composer [name=id]")),
};

/** Takes over what differs in one part of the page. */
export function morph(old: Element, fresh: Element): void {
  // Of what has the focus only a field is being written in: a button is shown as it is now.
  const writing = document.activeElement?.matches("input, textarea, select") === true;
  Idiomorph.morph(old, fresh, { morphStyle: "outerHTML", ignoreActiveValue: writing, callbacks });
}

/** Makes a change; answers whether the page must be fetched again for it. */
export function apply({ target, action, html }: Change): boolean {
  const at = target === "" ? null : document.getElementById(target);
  if (!at) return false;
  if (action === "reload") return true;
  keepingFocus(() => {
    if (action === "remove") at.remove();
    else if (action === "replace") elements(html).forEach((element) => morph(at, element));
    else for (const element of elements(html)) insert(at, element, action);
  });
  return false;
}

function insert(list: Element, element: Element, action: "append" | "prepend"): void {
  const known = element.id === "" ? null : document.getElementById(element.id);
  const first = action === "prepend";
  if (known?.matches(UNSENT)) {
    // It was ours, and is sent: it takes its place after the others.
    list.insertBefore(element, list.querySelector(`:scope > ${UNSENT}`));
    known.remove();
  } else if (known) {
    morph(known, element);
    // The others move, so that it keeps the focus.
    if (first) known.after(...before(known));
  } else {
    list.insertBefore(element, first ? list.firstElementChild : list.querySelector(`:scope > ${UNSENT}`));
  }
}

function before(element: Element): Element[] {
  const all = [...(element.parentElement?.children ?? [])];
  return all.slice(0, all.indexOf(element));
}

/** What the keyboard comes to. */
const STOPS = "a[href], button, input:not([type=hidden]), select, textarea, summary";

/** Where the focus was on something that goes, it goes to what stands in its place, or next to it: to where the keyboard
 * would have come next, where nothing there has a name. */
export function keepingFocus(change: () => void): void {
  const held = document.activeElement;
  const item = held?.closest("li[id]");
  const near = [item?.id, item?.nextElementSibling?.id, item?.previousElementSibling?.id];
  const stops = held?.closest("main") ? [...document.querySelectorAll<HTMLElement>(`main :is(${STOPS})`)] : [];
  change();
  if (!held || held.isConnected || held === document.body) return;
  const place = near.map((id) => (id ? document.getElementById(id) : null)).find((element) => element !== null);
  const at = stops.indexOf(held as HTMLElement);
  const next = [...stops.slice(at + 1), ...stops.slice(0, at).reverse()].find((stop) => stop.isConnected && stop.checkVisibility());
  (place?.querySelector<HTMLElement>("a[href], button") ?? next)?.focus({ preventScroll: true });
}
