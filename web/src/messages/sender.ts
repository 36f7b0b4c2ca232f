// The outbox of this browser's reader: sends over whatever connection there is, and tells all tabs what became of it.
import { announceSent } from "../live/announcer.ts";
import { live } from "../live/live.ts";
import { openThread } from "../live/open.ts";
import { type Attempt, amongTabs, type Change, Outbox } from "./outbox.ts";
import { disk, either, type Waiting } from "./store.ts";
import { dropStored, isShown, sayFailed, show } from "./unsent.ts";

/** How long an ack may take. */
const ACK_MS = 10_000;
/** How often what still waits is looked at, beside each new connection. */
const AGAIN_MS = 15_000;

const tabs = new BroadcastChannel("preau-outbox");
const person = document.body.dataset.person;

/** What this reader wrote and the server has not acked; none on pages of who is not signed in. */
export const outbox = live && person ? new Outbox(person, either(disk()), amongTabs, attempt, tell) : undefined;

const stored: ((waiting: Waiting) => void)[] = [];

/** Calls back with each message that was sent from here and is stored now. */
export function onStored(told: (waiting: Waiting) => void): void {
  stored.push(told);
}

async function attempt({ id, thread, body, attachments }: Waiting): Promise<Attempt> {
  const files = attachments?.length ? { attachments: attachments.map((file) => file.id) } : {};
  const answer = await live?.send({ id, thread, body, ...files }, ACK_MS);
  if (answer?.type === "ack") return { kind: "stored" };
  if (answer === undefined) return { kind: "unknown" };
  if (!["unavailable", "rate_limited", "unauthenticated"].includes(answer.code)) return { kind: "refused", message: answer.message };
  setTimeout(() => void outbox?.flush(), answer.retry_after_ms ?? 2_000);
  return { kind: "unknown" };
}

function tell(waiting: Waiting, change: Change): void {
  show(waiting, change);
  if (change === "stored") {
    announceSent();
    for (const told of stored) told(waiting);
  }
  if (change === "failed") sayFailed(waiting);
  tabs.postMessage({ waiting, change });
}

/** Shows what is kept of the open thread. What the page holds already was stored, whatever was heard of it. */
export async function showKept(): Promise<void> {
  dropStored();
  for (const waiting of (await outbox?.list(openThread() ?? "")) ?? []) {
    if (isShown(waiting.id)) await outbox?.settle(waiting.id);
    else show(waiting, waiting.failed === undefined ? "waits" : "failed");
  }
}

tabs.onmessage = ({ data }: MessageEvent<{ waiting: Waiting; change: Change }>) => {
  if (data.waiting.person === person) show(data.waiting, data.change);
};
live?.onReady(() => void outbox?.flush());
live?.onEvent(({ kind, by, subject }) => {
  if (kind === "message.created" && by === person) void outbox?.settle(subject.id);
});
live?.onTakenOver(() => void showKept());
if (outbox) setInterval(() => void outbox.flush(), AGAIN_MS);
void showKept();
