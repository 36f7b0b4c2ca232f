// The socket: the usual way to the server.
import type { Frame } from "./frames.ts";

/** How long it may take to open. */
const OPENING_MS = 10_000;

/** What names this page, as long as it is there. */
const TAB = crypto.randomUUID();

/** What a way to the server tells. */
export interface Events {
  opened(): void;
  heard(frame: Frame): void;
  closed(code: number): void;
}

/** A WebSocket in the browsers' subprotocol. */
export class Socket {
  readonly #socket: WebSocket;
  readonly #patience: number;

  constructor(url: string, events: Events) {
    const address = new URL(url, location.href);
    // The connection that this page had before is replaced, if the server still believes in it.
    address.searchParams.set("tab", TAB);
    address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
    this.#socket = new WebSocket(address, ["preau.v1.html"]);
    this.#patience = window.setTimeout(() => {
      this.drop();
      events.closed(1006);
    }, OPENING_MS);
    this.#socket.onopen = () => {
      clearTimeout(this.#patience);
      events.opened();
    };
    this.#socket.onmessage = (message) => events.heard(JSON.parse(String(message.data)) as Frame);
    this.#socket.onclose = (close) => {
      clearTimeout(this.#patience);
      events.closed(close.code);
    };
  }

  say(frame: object): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(frame));
  }

  drop(): void {
    clearTimeout(this.#patience);
    this.#socket.onopen = this.#socket.onmessage = this.#socket.onclose = null;
    this.#socket.close();
  }
}
