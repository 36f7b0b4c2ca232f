// What was written and is not acked yet: kept before the first try, sent in order, one at a time for each thread,
// whatever the number of tabs.
import type { Store, Waiting } from "./store.ts";

/** How an attempt ended: stored, refused for a reason, or not known, which means to try again. */
export type Attempt = { kind: "stored" } | { kind: "refused"; message: string } | { kind: "unknown" };

/** What became of a message: it waits, it is stored, it is not sent without being asked for, or it was taken back. */
export type Change = "waits" | "stored" | "failed" | "gone";

/** Older than this, a message is not sent any more without being asked for. */
export const STALE_MS = 600_000;

/** Runs work of a name alone among all tabs of this browser. */
export type Alone = (name: string, work: () => Promise<void>) => Promise<void>;

/** The outbox of one person. */
export class Outbox {
  /** The threads that are being flushed here, and whether there is more to do since. */
  readonly #flushing = new Map<string, boolean>();

  constructor(
    private readonly person: string,
    private readonly store: Store,
    private readonly alone: Alone,
    private readonly attempt: (waiting: Waiting) => Promise<Attempt>,
    private readonly tell: (waiting: Waiting, change: Change) => void,
    private readonly now: () => number = () => Date.now(),
  ) {}

  /** What is kept, of one thread or of all, the oldest first. */
  async list(thread?: string): Promise<Waiting[]> {
    const all = await this.store.all();
    return all.filter((waiting) => waiting.person === this.person && (thread === undefined || waiting.thread === thread));
  }

  /** Keeps a message, and begins to send only then. */
  async add(message: Pick<Waiting, "id" | "thread" | "body" | "attachments">): Promise<void> {
    const waiting = { ...message, person: this.person, at: this.now() };
    await this.store.put(waiting);
    this.tell(waiting, "waits");
    await this.flush();
  }

  /** Sends again what was not: under the same id, so that it is stored once even if it was. */
  async resend(id: string): Promise<void> {
    const waiting = await this.#find(id);
    if (!waiting) return;
    const { failed: _, ...again } = { ...waiting, at: this.now() };
    await this.store.put(again);
    this.tell(again, "waits");
    await this.flush();
  }

  /** Takes a message back, and answers it. */
  async take(id: string): Promise<Waiting | undefined> {
    const waiting = await this.#find(id);
    if (waiting) await this.#end(waiting, "gone");
    return waiting;
  }

  /** The page shows a message: it was stored, whatever was heard of it. */
  async settle(id: string): Promise<void> {
    const waiting = await this.#find(id);
    if (waiting) await this.#end(waiting, "stored");
  }

  /** Sends what waits, until nothing does or an attempt tells nothing. */
  async flush(): Promise<void> {
    const waiting = (await this.list()).filter(({ failed }) => failed === undefined);
    await Promise.all([...new Set(waiting.map(({ thread }) => thread))].map((thread) => this.#flush(thread)));
  }

  async #flush(thread: string): Promise<void> {
    if (this.#flushing.has(thread)) return void this.#flushing.set(thread, true);
    this.#flushing.set(thread, false);
    try {
      await this.alone(`preau-outbox-${this.person}-${thread}`, () => this.#drain(thread));
    } finally {
      const more = this.#flushing.get(thread);
      this.#flushing.delete(thread);
      if (more) await this.#flush(thread);
    }
  }

  async #drain(thread: string): Promise<void> {
    for (;;) {
      // Read again each time: another tab may have sent it, or taken it back.
      const first = (await this.list(thread)).find(({ failed }) => failed === undefined);
      if (!first) return;
      if (this.now() - first.at >= STALE_MS) {
        await this.#fail(first, "");
        continue;
      }
      const how = await this.attempt(first);
      if (how.kind === "unknown") return;
      if (how.kind === "stored") await this.#end(first, "stored");
      else await this.#fail(first, how.message);
    }
  }

  async #fail(waiting: Waiting, why: string): Promise<void> {
    const failed = { ...waiting, failed: why };
    // Taken back while it was on its way, it stays so.
    if (!(await this.#find(waiting.id))) return;
    await this.store.put(failed);
    this.tell(failed, "failed");
  }

  async #end(waiting: Waiting, change: Change): Promise<void> {
    await this.store.remove(waiting);
    this.tell(waiting, change);
  }

  async #find(id: string): Promise<Waiting | undefined> {
    return (await this.list()).find((waiting) => waiting.id === id);
  }
}

/** One tab at a time, by the browser's own locks: a tab that crashes lets go of its own. */
export const amongTabs: Alone = (name, work) =>
  "locks" in navigator ? navigator.locks.request(name, work).then(() => undefined) : work();
