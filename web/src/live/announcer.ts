// The one polite announcer (ux: the live discussion): new messages of the open thread, gathered, never our own.
import { openThread } from "./open.ts";
import type { LiveEvent } from "./reducer.ts";

const GATHER_MS = 700;
const LONGEST = 120;

let gathered: string[] = [];

/** Tells a screen reader of a new message of the open thread. */
export function announce(event: LiveEvent): void {
  if (event.kind !== "message.created" || event.thread !== openThread() || document.hidden) return;
  if (event.by === document.body.dataset.person) return;
  const message = document.getElementById(`message-${event.subject.id}`);
  const author = message?.querySelector(".message__author")?.textContent ?? "";
  const body = message?.querySelector(".message__body")?.textContent?.trim() ?? "";
  gathered.push(`${author}, ${body.slice(0, LONGEST)}`);
  if (gathered.length > 1) return;
  setTimeout(() => {
    const [only] = gathered;
    const many = (announcer()?.dataset.new ?? "").replace("{n}", String(gathered.length));
    tell(gathered.length === 1 && only ? only : many);
    gathered = [];
  }, GATHER_MS);
}

/** Tells that what was written here has arrived. */
export function announceSent(): void {
  tell(announcer()?.dataset.sent ?? "");
}

/** Tells a screen reader what came of what its reader just did. */
export function tell(text: string): void {
  const place = announcer();
  if (place) place.textContent = text;
}

function announcer(): HTMLElement | null {
  return document.getElementById("announcer");
}
