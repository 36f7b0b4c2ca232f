// What was written and is not acked yet: kept across pages, in order, one at a time for each thread.

/** A message on its way. Its id is made here, so that sending it again stores nothing twice. */
export interface Waiting {
  id: string;
  body: string;
  /** When it was written, in milliseconds. */
  at: number;
}

/** How an attempt ended: stored, refused for a reason, or not known, which means to try again. */
export type Attempt = { kind: "stored" } | { kind: "refused"; message: string } | { kind: "unknown" };

/** Older than this, a message is not sent any more without being asked for. */
export const STALE_MS = 600_000;

type Store = Pick<Storage, "getItem" | "setItem" | "removeItem">;

/** The outbox of one thread. */
export class Outbox {
  #sending = false;

  constructor(
    private readonly store: Store,
    private readonly key: string,
  ) {}

  /** What waits, the oldest first. */
  list(): Waiting[] {
    return JSON.parse(this.store.getItem(this.key) ?? "[]") as Waiting[];
  }

  /** Keeps a message, before the first attempt to send it. */
  add(waiting: Waiting): void {
    this.#keep([...this.list(), waiting]);
  }

  /** Takes out what is too old to be sent without asking. */
  takeStale(now: number): Waiting[] {
    const list = this.list();
    this.#keep(list.filter((waiting) => now - waiting.at < STALE_MS));
    return list.filter((waiting) => now - waiting.at >= STALE_MS);
  }

  /** Sends what waits, in order, until nothing does or an attempt tells nothing. */
  async flush(attempt: (waiting: Waiting) => Promise<Attempt>, ended: (waiting: Waiting, how: Attempt) => void): Promise<void> {
    if (this.#sending) return;
    this.#sending = true;
    try {
      for (let first = this.list()[0]; first; first = this.list()[0]) {
        const how = await attempt(first);
        if (how.kind === "unknown") return;
        const { id } = first;
        this.#keep(this.list().filter((waiting) => waiting.id !== id));
        ended(first, how);
      }
    } finally {
      this.#sending = false;
    }
  }

  #keep(list: Waiting[]): void {
    if (list.length === 0) this.store.removeItem(this.key);
    else this.store.setItem(this.key, JSON.stringify(list));
  }
}
