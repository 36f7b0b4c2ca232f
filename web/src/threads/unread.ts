// What is unread: a thread's last position less the reader's own, never counted up and down.
import type { LiveEvent } from "../live/reducer.ts";
import { live } from "../live/live.ts";
import { openThread } from "../live/open.ts";

/** How long what is read is gathered before the server is told. */
const TOGETHER_MS = 300;

let telling: number | undefined;

/** How far the reader is in each thread that the page lists. */
const positions = new Map<string, number>();

function list(): HTMLElement | null {
  return document.querySelector<HTMLElement>("[data-read-positions]");
}

/** How far the reader was seen to read, until the server says so too. */
const untold = new Map<string, number>();

/** How long each thread is, as far as the page was told. */
const lengths = new Map<string, number>();

/** A thread as lists of them name it: by the last part of its id. */
function named(thread: string): string {
  return thread.slice(24);
}

/** Whether the reader wants to hear nothing of a thread: it counts nowhere. */
function isMuted(thread: string): boolean {
  return document.querySelector<HTMLElement>("[data-muted-threads]")?.dataset.mutedThreads?.split(" ").includes(named(thread)) ?? false;
}

/** Takes over how far the reader is, as the page says it. */
function readPositions(): void {
  const known = JSON.parse(list()?.dataset.readPositions ?? "{}") as Record<string, number>;
  for (const [thread, position] of Object.entries(known)) {
    positions.set(thread, Math.max(position, positions.get(thread) ?? 0));
  }
}

/** The reader has read further, here or elsewhere. */
function readMoved(thread: string, position: number, length = position): void {
  positions.set(thread, Math.max(position, positions.get(thread) ?? 0));
  // Something may have been said in the meantime: the two are told on streams of their own.
  lengths.set(thread, Math.max(length, lengths.get(thread) ?? 0));
  if (!isUnread(thread)) setUnread(thread, false);
  markRows();
}

function isUnread(thread: string): boolean {
  return (lengths.get(thread) ?? 0) > (positions.get(thread) ?? 0);
}

/** Own positions are told on the reader's own stream. They go back where the reader wants to read something again. */
function heardRead({ kind, data }: LiveEvent): void {
  if (kind !== "read.moved" || data?.thread === undefined || data.position === undefined) return;
  const { thread, position } = data;
  if (position >= (untold.get(thread) ?? 0)) untold.delete(thread);
  if (!untold.has(thread)) positions.set(thread, position);
  readMoved(thread, position, data.last_position);
}

/** Somebody said something: the channel has something unread, unless it is read here and now or is our own. */
function said(event: LiveEvent): void {
  if (event.kind !== "message.created" || event.thread === null) return;
  const { thread } = event;
  const length = lengthOf(event);
  lengths.set(thread, Math.max(length, lengths.get(thread) ?? 0));
  const own = event.by === document.body.dataset.person;
  if (own) readMoved(thread, length);
  else if (thread === openThread() && !document.hidden) read(thread, length);
  else if (isUnread(thread) && !isMuted(thread)) setUnread(thread, true, channelOf(event));
}

/** The reader sees a thread up to here. */
function read(thread: string, position: number): void {
  readMoved(thread, position);
  untold.set(thread, positions.get(thread) ?? position);
  // What comes together is told together.
  telling ??= window.setTimeout(tell, TOGETHER_MS);
}

/** Says how far was read. What is lost on the way is said again over the next connection. */
function tell(): void {
  clearTimeout(telling);
  telling = undefined;
  for (const [thread, position] of untold) live?.read(thread, position);
}

/** How long a thread is, as its row says in an event. */
export function lengthOf(event: LiveEvent): number {
  const rows = [event, ...event.also].map(({ html }) => Number(/data-last-position="(\d+)"/.exec(html)?.[1] ?? 0));
  return Math.max(...rows);
}

/** Shows on each row how much is unread, and which thread is open. */
function markRows(): void {
  const labels = list();
  const open = openThread();
  for (const row of document.querySelectorAll<HTMLElement>("[data-last-position]")) {
    const thread = row.dataset.thread ?? "";
    const unread = Math.max(0, Number(row.dataset.lastPosition) - (positions.get(thread) ?? 0));
    const pill = row.querySelector<HTMLElement>("[data-unread]");
    const link = row.querySelector(".thread-row");
    if (pill) {
      pill.hidden = unread === 0;
      pill.textContent =
        unread === 0 ? "" : unread === 1 ? (labels?.dataset.unreadOne ?? "") : (labels?.dataset.unreadMany ?? "").replace("{n}", String(unread));
    }
    link?.classList.toggle("thread-row--unread", unread > 0);
    if (thread === open) link?.setAttribute("aria-current", "true");
    else link?.removeAttribute("aria-current");
  }
}

/** The channel that an event's row says its thread is of. */
function channelOf(event: LiveEvent): string | undefined {
  const list = [event, ...event.also].find((change) => change.target.startsWith("threads-"));
  return list?.target.slice("threads-".length);
}

/** Notes in the navigation that a channel's thread is unread, or is read. */
function setUnread(thread: string, unread: boolean, channel?: string): void {
  for (const link of document.querySelectorAll<HTMLElement>("[data-unread-threads]")) {
    const threads = new Set((link.dataset.unreadThreads ?? "").split(" ").filter(Boolean));
    if (unread && link.dataset.channel === channel) threads.add(named(thread));
    else if (!unread) threads.delete(named(thread));
    link.dataset.unreadThreads = [...threads].join(" ");
    const pill = link.querySelector<HTMLElement>(".pill");
    const number = pill?.firstElementChild;
    if (pill && number) {
      number.textContent = String(threads.size);
      // What is counted is named in the number's own form.
      const labels = link.closest<HTMLElement>("[data-labels]")?.dataset.labels?.split("|") ?? [];
      const label = number.nextElementSibling;
      if (label) label.textContent = ` ${labels[Math.min(threads.size, 2)] ?? ""}`;
      pill.hidden = threads.size === 0;
    }
    link.classList.toggle("navigation__unread", threads.size > 0);
  }
}

/** Back on the page, the reader sees what came in the meantime. */
document.addEventListener("visibilitychange", () => {
  const thread = openThread();
  const last = [...document.querySelectorAll<HTMLElement>(".thread__messages > [data-position]")].at(-1);
  const position = Number(last?.dataset.position ?? 0);
  if (!document.hidden && thread && position > (positions.get(thread) ?? 0)) read(thread, position);
});

live?.onReady(tell);
live?.onEvent((event) => {
  heardRead(event);
  said(event);
  markRows();
});
live?.onTakenOver(() => {
  readPositions();
  markRows();
});
readPositions();
