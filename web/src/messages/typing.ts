// Who is writing: told while one writes, and shown of others. Only on the pages of who chose both: others have no place
// for it. Read out to nobody: it is no news.
import type { Ephemeral } from "../live/frames.ts";
import type { LiveEvent } from "../live/reducer.ts";
import { live } from "../live/live.ts";
import { openThread } from "../live/open.ts";
import { sentence, Typists } from "./typists.ts";

/** While one writes, it is said again after so long. */
const AGAIN_MS = 3_000;

const typists = new Typists();
let of: string | undefined;
let said = -AGAIN_MS;
let timer: number | undefined;

function place(): HTMLElement | null {
  return document.querySelector<HTMLElement>("#composer [data-typing]");
}

/** Shows who writes now, and looks again when the next of them is over. */
function showTyping(): void {
  clearTimeout(timer);
  const at = place();
  if (!at || of !== openThread()) typists.clear();
  const now = performance.now();
  const text = sentence(typists.names(now), at?.dataset ?? {});
  if (at && at.textContent !== text) at.textContent = text;
  const next = typists.next();
  if (next !== undefined) timer = window.setTimeout(showTyping, next - now);
}

/** Somebody writes in a thread. */
function heardTyping({ kind, thread, by, ttl_ms }: Ephemeral): void {
  if (kind !== "typing" || thread !== openThread() || !place()) return;
  if (of !== thread) typists.clear();
  of = thread;
  typists.hear(by.id, by.name, performance.now() + ttl_ms);
  showTyping();
}

/** Who has said what they were writing writes no more, oneself included. */
function stoppedTyping({ kind, thread, by }: LiveEvent): void {
  if (kind !== "message.created" || thread !== openThread() || by === null) return;
  if (by === document.body.dataset.person) said = -AGAIN_MS;
  typists.stop(by);
  showTyping();
}

document.addEventListener("input", ({ target }) => {
  const thread = openThread();
  if (!(target instanceof HTMLTextAreaElement) || !target.matches("#composer textarea") || thread === undefined) return;
  const now = performance.now();
  if (target.value.trim() === "" || now - said < AGAIN_MS || !place()) return;
  if (live?.typing(thread)) said = now;
});
live?.onEphemeral(heardTyping);
live?.onEvent(stoppedTyping);
live?.onTakenOver(showTyping);
