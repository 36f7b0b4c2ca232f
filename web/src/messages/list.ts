// The open thread's list: day headings between messages, those of one author together, the reader's own marked, the
// reader's place kept.
import { live } from "../live/live.ts";
import { openThread } from "../live/open.ts";
import { held, keepingPlace } from "../live/page.ts";

/** A reader within so many pixels of the end follows it. */
const NEAR = 120;
/** So many seconds after a message its author's next one stands under it without their name. */
const GROUPED_S = 300;

/** What came while the reader was further up. */
let missed = 0;
/** The last position that the list has shown: what a page brings back that was fetched a moment before is not counted again. */
let shown = 0;

/** Changes the list without moving what is read: the end is followed only by who is there. */
function keepPlace(change: () => void): void {
  const atEnd = document.documentElement.scrollHeight - scrollY - innerHeight < NEAR;
  const last = () => Number([...messages()].at(-1)?.dataset.position ?? 0);
  shown = Math.max(shown, last());
  // What grows above what holds the focus does not move it; else the browser keeps the place by itself.
  if (held()) keepingPlace(change);
  else change();
  const added = [...messages()].filter(({ dataset }) => Number(dataset.position) > shown).length;
  shown = Math.max(shown, last());
  if (added <= 0) return;
  if (atEnd) {
    scrollTo({ top: document.documentElement.scrollHeight });
    missed = 0;
  } else {
    missed += added;
  }
  showMissed();
}

/** Goes to the end of the list, for who has just written there. */
export function showEnd(): void {
  scrollTo({ top: document.documentElement.scrollHeight });
  missed = 0;
  showMissed();
}

/** Puts the heading of each day before its first message, and marks the reader's own messages and those that go on from
 * the one before. */
export function markMessages(): void {
  let before: HTMLElement | undefined;
  for (const item of [...document.querySelectorAll<HTMLElement>(".thread__messages > li")]) {
    if (item.dataset.dayHeading !== undefined) {
      // A day whose only message was given back has no heading any more.
      const next = item.nextElementSibling as HTMLElement | null;
      if (next === null || next.dataset.dayHeading !== undefined) item.remove();
      else before = item;
      continue;
    }
    if (item.dataset.day === undefined) {
      // What is new begins with its author's name.
      before = before?.dataset.day === undefined ? before : heldDay(before);
      continue;
    }
    if (item.dataset.day !== (before?.dataset.dayHeading ?? before?.dataset.day)) {
      item.before(heading(item));
      before = undefined;
    }
    item.classList.toggle("message--own", item.dataset.author === document.body.dataset.person);
    item.classList.toggle("message--grouped", before !== undefined && goesOn(item, before));
    before = item;
  }
}

/** A place of the same day that nothing goes on from. */
function heldDay(item: HTMLElement): HTMLElement {
  const place = document.createElement("li");
  place.dataset.dayHeading = item.dataset.day ?? "";
  return place;
}

function goesOn(item: HTMLElement, before: HTMLElement): boolean {
  const seconds = Number(item.dataset.at) - Number(before.dataset.at);
  return item.dataset.author === before.dataset.author && seconds >= 0 && seconds < GROUPED_S && before.querySelector(".message__removed") === null;
}

function heading(message: HTMLElement): HTMLElement {
  const item = document.createElement("li");
  item.dataset.dayHeading = message.dataset.day ?? "";
  const text = document.createElement("h3");
  text.className = "day";
  text.textContent = message.dataset.dayLabel ?? "";
  item.append(text);
  return item;
}

function messages(): NodeListOf<HTMLElement> {
  return document.querySelectorAll(".thread__messages > [data-position]");
}

function latest(): HTMLElement | null {
  return document.getElementById("latest");
}

/** A page that does not show the end counts what is beyond it, and what comes there. */
function showMissed(): void {
  const button = latest();
  if (!button) return;
  const count = missed + Number(button.dataset.beyond ?? 0);
  button.hidden = count === 0;
  button.textContent = count === 1 ? (button.dataset.one ?? "") : (button.dataset.many ?? "").replace("{n}", String(count));
}

document.addEventListener("click", ({ target }) => {
  const button = latest();
  if (target instanceof Node && button instanceof HTMLButtonElement && button.contains(target)) showEnd();
});
document.addEventListener("click", (click) => {
  const link = click.target instanceof Element ? click.target.closest<HTMLAnchorElement>("a.message__actions") : null;
  // Who asks for another tab gets the page.
  if (!link || click.ctrlKey || click.metaKey || click.shiftKey || click.button !== 0) return;
  click.preventDefault();
  import("./menu.ts").then(({ toggle }) => toggle(link)).catch(() => location.assign(link.href));
});
live?.changeWithin((change) =>
  keepPlace(() => {
    change();
    markMessages();
  }),
);
live?.onEvent(({ kind, thread, by }) => {
  if (kind !== "message.created" || thread !== openThread() || latest()?.dataset.beyond === undefined) return;
  if (by !== document.body.dataset.person) missed++;
  showMissed();
});
live?.onTakenOver(() => {
  // A fresh page counts what is beyond it anew.
  if (latest()?.dataset.beyond !== undefined) missed = 0;
  markMessages();
  showMissed();
});
markMessages();
