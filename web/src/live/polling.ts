// The long poll: the same frames for networks that cut sockets. The server keeps nothing between two calls: each says
// where the streams stand.
import { ENDED, type Frame, type Position } from "./frames.ts";
import type { Events } from "./socket.ts";

/** How long the server may wait for something to say, in seconds. */
const WAIT_S = 25;
/** How long a call may take beyond that. */
const SLACK_MS = 10_000;
/** How long is waited after an error that does not say it. */
const AGAIN_MS = 1_000;
/** The close of a server that goes, as a socket tells it. */
const DRAINING = 4100;

type Answer = { frames: Frame[] };

/** Asks again and again. */
export class Polling {
  readonly #stop = new AbortController();
  #open = false;

  constructor(
    private readonly url: string,
    private readonly positions: () => { at: Position[]; watch: string[] },
    private readonly events: Events,
  ) {
    void this.#poll();
  }

  say(frame: object & { type?: string }): void {
    // What is followed and watched is named by each poll, and a poll that is answered is a pong.
    if (["subscribe", "unsubscribe", "watch", "ping"].includes(frame.type ?? "")) return;
    const request = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ frames: [frame] }) };
    void this.#call(`${this.url}/commands`, request, 0).then((answer) => answer && this.#hear(answer));
  }

  drop(): void {
    this.#stop.abort();
  }

  async #poll(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const { at, watch } = this.positions();
      const query = new URLSearchParams({ format: "html", wait: String(this.#open ? WAIT_S : 0) });
      if (watch.length > 0) query.set("watch", watch.join(","));
      query.set("at", at.map(({ stream, since, epoch }) => `${stream}:${epoch}:${since}`).join(","));
      const answer = await this.#call(`${this.url}/poll?${query}`, {}, WAIT_S * 1_000);
      if (!answer) return;
      // What it says comes first: it may be that this is not the page's reader any more.
      this.#hear(answer);
      // Whoever takes its place is asked when it said.
      if (answer.frames.some(({ type }) => type === "bye")) return this.#close(DRAINING);
      if (!this.#open && !this.#stop.signal.aborted) {
        this.#open = true;
        this.events.opened();
        this.events.heard({ type: "welcome" });
      }
      const pause = Math.max(...answer.frames.map(pauseAfter), 0);
      if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }

  /** The frames of a call; none when it failed, which ends this way. */
  async #call(address: string, request: RequestInit, waiting: number): Promise<Answer | undefined> {
    const signal = AbortSignal.any([this.#stop.signal, AbortSignal.timeout(waiting + SLACK_MS)]);
    const response = await fetch(address, { ...request, signal }).catch(() => undefined);
    const answer = response?.ok ? ((await response.json().catch(() => undefined)) as Answer | undefined) : undefined;
    if (!answer) this.#close(response?.status === 401 ? ENDED.session : response?.status === 403 ? ENDED.account : 1006);
    return answer;
  }

  #close(code: number): void {
    if (this.#stop.signal.aborted) return;
    this.drop();
    this.events.closed(code);
  }

  #hear(answer: Answer): void {
    for (const frame of answer.frames) if (!this.#stop.signal.aborted) this.events.heard(frame);
  }
}

/** How long to wait after a frame: one that says that a stream cannot be told now would be said again at once. */
function pauseAfter(frame: Frame): number {
  return frame.type === "error" && frame.id === undefined ? (frame.retry_after_ms ?? AGAIN_MS) : 0;
}
