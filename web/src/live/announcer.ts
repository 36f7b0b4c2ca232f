// The one polite announcer (ux: the live discussion): new messages of the open thread, gathered, never our own.
import type { LiveEvent } from "./reducer.ts";

const GATHER_MS = 700;
const LONGEST = 120;

let gathered: string[] = [];

/** Tells a screen reader of a new message of the open thread. */
export function announce(event: LiveEvent): void {
  const open = document.querySelector<HTMLElement>("section[data-thread]")?.dataset.thread;
  if (event.kind !== "message.created" || event.thread !== open || document.hidden) return;
  const announcer = document.getElementById("announcer");
  if (!announcer) return;
  if (event.by === document.body.dataset.person) {
    announcer.textContent = announcer.dataset.sent ?? "";
    return;
  }
  const message = [...document.querySelectorAll("[data-position]")].at(-1);
  const author = message?.querySelector(".message__author")?.textContent ?? "";
  const body = message?.querySelector(".message__body")?.textContent?.trim() ?? "";
  gathered.push(`${author}, ${body.slice(0, LONGEST)}`);
  if (gathered.length > 1) return;
  setTimeout(() => {
    const [only] = gathered;
    announcer.textContent = gathered.length === 1 && only ? only : `${announcer.dataset.new ?? ""} (${gathered.length})`;
    gathered = [];
  }, GATHER_MS);
}
