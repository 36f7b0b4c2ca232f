// The one polite announcer (ux: the live discussion): new messages of the open thread, gathered, never our own.
import { openThread } from "./open.ts";
import type { LiveEvent } from "./reducer.ts";

const GATHER_MS = 700;
const LONGEST = 120;

let gathered: string[] = [];

/** Tells a screen reader of a new message of the open thread. */
export function announce(event: LiveEvent): void {
  if (event.kind !== "message.created" || event.thread !== openThread() || document.hidden) return;
  if (event.by === document.body.dataset.person || wanted() === "nothing") return;
  const message = document.getElementById(`message-${event.subject.id}`);
  const author = message?.querySelector(".message__author")?.textContent ?? "";
  const body = message?.querySelector(".message__body")?.textContent?.trim() ?? "";
  gathered.push(`${author}, ${body.slice(0, LONGEST)}`);
  if (gathered.length > 1) return;
  setTimeout(() => {
    const [only] = gathered;
    const { one = "", new: many = "" } = announcer()?.dataset ?? {};
    const counted = gathered.length === 1 ? one : many.replace("{n}", String(gathered.length));
    tell(gathered.length === 1 && only && wanted() === "words" ? only : counted);
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

/** What the reader wants to be told of new messages. */
function wanted(): string {
  return announcer()?.dataset.announce ?? "words";
}

function announcer(): HTMLElement | null {
  return document.getElementById("announcer");
}
