// The open thread's list: day headings between messages, the reader's own marked, the reader's place kept.
import { live } from "../live/live.ts";

/** A reader within so many pixels of the end follows it. */
const NEAR = 120;

let missed = 0;

/** Changes the list without moving what is read: the end is followed only by who is there. */
function keepPlace(change: () => void): void {
  const atEnd = document.documentElement.scrollHeight - scrollY - innerHeight < NEAR;
  const before = messages().length;
  change();
  const added = messages().length - before;
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

/** Puts the heading of each day before its first message, and marks the reader's own messages. */
export function markMessages(): void {
  let day: string | undefined;
  for (const item of [...document.querySelectorAll<HTMLElement>(".thread__messages > li")]) {
    if (item.dataset.dayHeading !== undefined) {
      // A day whose only message was given back has no heading any more.
      const next = item.nextElementSibling as HTMLElement | null;
      if (next === null || next.dataset.dayHeading !== undefined) item.remove();
      else day = item.dataset.dayHeading;
      continue;
    }
    if (item.dataset.day === undefined) continue;
    if (item.dataset.day !== day) item.before(heading(item));
    day = item.dataset.day;
    item.classList.toggle("message--own", item.dataset.author === document.body.dataset.person);
  }
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

function messages(): NodeListOf<Element> {
  return document.querySelectorAll(".thread__messages > [data-position]");
}

function showMissed(): void {
  const button = document.getElementById("latest");
  if (!button) return;
  button.hidden = missed === 0;
  button.textContent = missed === 1 ? (button.dataset.one ?? "") : (button.dataset.many ?? "").replace("{n}", String(missed));
}

document.getElementById("latest")?.addEventListener("click", showEnd);
live?.changeWithin((change) =>
  keepPlace(() => {
    change();
    markMessages();
  }),
);
live?.onTakenOver(markMessages);
markMessages();
