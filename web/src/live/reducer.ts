// What a stream's frames ask for, without a socket or a page: apply in order, once, or ask again.

/** A change of the page, as an html event carries it. */
export interface Change {
  target: string;
  action: "append" | "prepend" | "replace" | "remove" | "reload";
  html: string;
}

/** An html event. */
export interface LiveEvent extends Change {
  type: "event";
  stream: string;
  seq: number;
  kind: string;
  by: string | null;
  thread: string | null;
  also: Change[];
  subject: { type: string; id: string };
  data?: { thread?: string; position?: number; last_position?: number; seen?: boolean; reason?: string };
}

/** How far one stream was applied, and what came too early. */
export class Stream {
  /** More early events than this are not kept: the subscription that was asked for brings them again. */
  static readonly EARLY = 64;

  applied: number;
  #early = new Map<number, LiveEvent>();
  /** The subscription that was asked for and is not answered: it brings whatever is missing. */
  #asked: number | undefined;

  constructor(applied: number) {
    this.applied = applied;
  }

  /** The events to apply now, in order; `again` when there is a gap to be healed by subscribing again. */
  take(event: LiveEvent): { apply: LiveEvent[]; again: boolean } {
    if (event.seq <= this.applied) return { apply: [], again: false };
    if (event.seq === this.applied + 1 || this.#early.size < Stream.EARLY) this.#early.set(event.seq, event);
    const apply: LiveEvent[] = [];
    for (let next = this.#early.get(this.applied + 1); next; next = this.#early.get(this.applied + 1)) {
      this.#early.delete(next.seq);
      this.applied = next.seq;
      apply.push(next);
    }
    return { apply, again: apply.length === 0 && this.#asked === undefined };
  }

  /** The server says where the stream stands: behind it, something was lost. */
  isBehind(seq: number): boolean {
    return seq > this.applied;
  }

  /** A subscription from here is asked for, by that number: what came early comes again. */
  asked(request: number): void {
    this.#early.clear();
    this.#asked = request;
  }

  /** A `subscribed` came: the answer to a request, or without one the news that the stream is not followed any more.
   * Whether it counts: what is said of an earlier subscription than the one that is asked for does not. */
  answered(request: number | undefined): boolean {
    const counts = request === this.#asked;
    if (counts) this.#asked = undefined;
    return counts;
  }
}

/** How long to wait before the n-th try, with full jitter, in milliseconds. */
export function backoff(attempt: number, random: () => number): number {
  return random() * Math.min(30_000, 500 * 2 ** attempt);
}
