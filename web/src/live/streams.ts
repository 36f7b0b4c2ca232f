// The streams that the page follows: its reader's own and those of their groups, each from where the page stands.
import type { Position, Subscribed } from "./frames.ts";
import { type LiveEvent, Stream } from "./reducer.ts";

/** What is to be done about an answer to a subscription. */
export type Outcome = "old" | "follows" | "reload" | "gone" | "foreign";

/** The streams of a page. */
export class Streams {
  #streams = new Map<string, Stream>();
  #epoch = "";

  /** Takes over what a page says of its streams; answers those that it does not follow any more. */
  read(page: HTMLElement): string[] {
    const known = this.names();
    this.#epoch = page.dataset.epoch ?? "";
    const seqs = JSON.parse(page.dataset.streams ?? "{}") as Record<string, number>;
    this.#streams = new Map(Object.entries(seqs).map(([stream, seq]) => [stream, new Stream(seq)]));
    return known.filter((stream) => !this.#streams.has(stream));
  }

  /** Their ids. */
  names(): string[] {
    return [...this.#streams.keys()];
  }

  /** From where one is asked for, by the number of a request. */
  ask(stream: string, request: number): Position | undefined {
    const state = this.#streams.get(stream);
    state?.asked(request);
    return state && { stream, since: state.applied, epoch: this.#epoch };
  }

  /** From where all are asked for by a poll, which has no number: its answer is the next that comes. */
  polled(): Position[] {
    return [...this.#streams].map(([stream, state]) => {
      state.asked(0);
      state.answered(0);
      return { stream, since: state.applied, epoch: this.#epoch };
    });
  }

  /** The events to apply now; `again` when the stream must be asked for again. */
  take(event: LiveEvent): { apply: LiveEvent[]; again: boolean } {
    return this.#streams.get(event.stream)?.take(event) ?? { apply: [], again: false };
  }

  /** Those that are behind what the server says. */
  behind(seqs: Record<string, number>): string[] {
    return Object.entries(seqs).flatMap(([stream, seq]) => (this.#streams.get(stream)?.isBehind(seq) ? [stream] : []));
  }

  /** What an answer means for the page. `own` is the stream of its reader. */
  answered({ id, stream, result }: Subscribed, own: string): Outcome {
    if (!this.#streams.get(stream)?.answered(id)) return "old";
    if (result === "ok") return "follows";
    if (result === "reset") return "reload";
    this.#streams.delete(stream);
    // Somebody else has signed in with this browser.
    return stream === own ? "foreign" : "gone";
  }
}
