// The bell: how many things one is told that one has not seen. What is seen elsewhere, or read, is counted no more.
import type { LiveEvent } from "../live/reducer.ts";
import { live } from "../live/live.ts";
import { lengthOf } from "../threads/unread.ts";

function bell(): HTMLElement | null {
  return document.querySelector<HTMLElement>("[data-unseen]");
}

/** Those of what was read before, and is to be opened. */
const OPENED = ["reminder", "report"];

/** Each is `notification:thread:position`, without a position where reading the thread does not tell. */
function unseen(): string[] {
  return (bell()?.dataset.unseen ?? "").split(" ").filter(Boolean);
}

function keep(all: string[]): void {
  const place = bell();
  if (!place) return;
  place.dataset.unseen = all.join(" ");
  showCount();
}

/** Shows the count on the bell, before the title of the window, and on the icon of an installed page. */
function showCount(): void {
  const count = unseen().length;
  const pill = bell()?.querySelector<HTMLElement>(".pill");
  const number = pill?.firstElementChild;
  if (pill && number) {
    pill.hidden = count === 0;
    number.textContent = String(count);
  }
  const title = document.title.replace(/^\(\d+\) /, "");
  document.title = count === 0 ? title : `(${count}) ${title}`;
  if (count === 0) void navigator.clearAppBadge?.().catch(() => undefined);
  else void navigator.setAppBadge?.(count).catch(() => undefined);
}

/** What was read of a thread is seen, but what was read before and is to be opened. */
function read(thread: string, position: number): void {
  keep(
    unseen().filter((known) => {
      const [, of, at] = known.split(":");
      return of !== thread || at === "" || Number(at) > position;
    }),
  );
}

function heard(event: LiveEvent): void {
  const { kind, subject, data } = event;
  if (kind === "notification.created" && data?.thread !== undefined && data.position !== undefined && data.seen === false) {
    const position = OPENED.includes(data.reason ?? "") ? "" : data.position;
    keep([`${subject.id}:${data.thread}:${position}`, ...unseen().filter((known) => !known.startsWith(subject.id))]);
  } else if (kind === "notification.seen") {
    keep(unseen().filter((known) => !known.startsWith(subject.id)));
  } else if (kind === "read.moved" && data?.thread !== undefined && data.position !== undefined) {
    read(data.thread, data.position);
  } else if (kind === "message.created" && event.thread !== null && event.by === document.body.dataset.person) {
    // Who says something has read what was said before.
    read(event.thread, lengthOf(event));
  }
}

live?.onEvent(heard);
live?.onTakenOver(showCount);
if (live) showCount();
