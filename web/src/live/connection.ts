// The connection: comes back by itself whatever happens to the network, the server or the machine, and asks by long poll
// where the network lets no socket through. It knows no page and no stream.
import { ENDED, type Frame, isEnd, type Position } from "./frames.ts";
import { Polling } from "./polling.ts";
import { backoff } from "./reducer.ts";
import { Socket } from "./socket.ts";

/** So many sockets in a row that never opened, and the long poll is tried in turn. */
const REFUSED = 3;
/** After so long by long poll a socket is tried again. */
const RETRY_SOCKET_MS = 300_000;
/** How often it is looked whether all is well. */
const BEAT_MS = 5_000;
/** After so long between two looks the machine slept, or its clock was set. */
const SLEPT_MS = 3 * BEAT_MS;
/** After so long without a word the server is asked whether it is there. */
const QUIET_MS = 40_000;
/** How long it may take to say that it is. */
const PONG_MS = 5_000;

/** A way to the server. */
export interface Way {
  /** Says a frame. */
  say(frame: object): void;
  /** Goes, without a word to who listens. */
  drop(): void;
}

/** What a way, and the connection, tell. */
export interface Listener {
  /** There is a connection: by a socket, to which streams must be named, or by polls, which name them themselves. */
  opened(named: boolean): void;
  heard(frame: Frame): void;
  /** It is lost, and will be back. */
  lost(): void;
  /** It is lost and stays so, until somebody does something about it. */
  ended(code: number): void;
  /** Where the streams stand, and which threads are watched. */
  positions(): { at: Position[]; watch: string[] };
}

/** The page's connection to the server. */
export class Connection {
  #way: Way | undefined;
  #open = false;
  #polling = false;
  #attempt = 0;
  /** Sockets in a row that never opened. */
  #refused = 0;
  /** The server asked to come back no sooner than then. */
  #notBefore = 0;
  #heard = 0;
  #asked = 0;
  #beat = Date.now();
  #timer: number | undefined;
  #since = 0;
  /** Whether it stays lost until somebody comes back to the page. */
  #ended = false;

  constructor(
    private readonly url: string,
    private readonly listener: Listener,
  ) {
    setInterval(() => this.#look(), BEAT_MS);
    for (const name of ["online", "pageshow"]) addEventListener(name, () => this.#wake());
    for (const name of ["focus", "visibilitychange"]) addEventListener(name, () => document.hidden || this.#wake(), true);
  }

  /** Connects, now and whenever the connection was lost. */
  connect(): void {
    clearTimeout(this.#timer);
    this.#way?.drop();
    this.#ended = false;
    this.#heard = this.#since = performance.now();
    this.#asked = 0;
    const attempt = this.#attempt++;
    const events = {
      opened: () => this.#opened(),
      heard: (frame: Frame) => this.#receive(frame),
      closed: (code: number) => this.#closed(code),
    };
    this.#polling = this.#refused >= REFUSED && attempt % 2 === 1;
    this.#way = this.#polling
      ? new Polling(this.url, () => this.listener.positions(), events)
      : new Socket(this.url, events);
  }

  /** Says a frame, if there is a connection. */
  say(frame: object): boolean {
    if (this.#open) this.#way?.say(frame);
    return this.#open;
  }

  /** The connection may be dead without knowing: another one is made at once. */
  renew(): void {
    this.#way?.drop();
    this.#lose();
    this.connect();
  }

  /** Back from sleep, from another page or network: what is lost comes back at once, what looks well is asked. */
  #wake(): void {
    if (this.#open) this.#ask();
    // One that is being made is given its time, and a server that goes gets the time it asked for.
    else if ((this.#timer !== undefined && performance.now() >= this.#notBefore) || this.#ended) this.connect();
  }

  #opened(): void {
    this.#open = true;
    if (!this.#polling) this.#refused = 0;
    this.listener.opened(!this.#polling);
  }

  #receive(frame: Frame): void {
    this.#heard = performance.now();
    this.#asked = 0;
    if (frame.type === "welcome") this.#attempt = 0;
    else if (frame.type === "bye") this.#notBefore = performance.now() + frame.after_ms;
    this.listener.heard(frame);
  }

  #closed(code: number): void {
    if (!this.#open && !this.#polling) this.#refused++;
    this.#way = undefined;
    this.#lose();
    if (isEnd(code)) {
      // Who signs in again in another tab finds this page as it was.
      this.#ended = code === ENDED.session;
      this.listener.ended(code);
      return;
    }
    const pause = Math.max(0, this.#notBefore - performance.now());
    this.#timer = window.setTimeout(() => this.connect(), pause + backoff(this.#attempt, Math.random));
  }

  #lose(): void {
    this.#open = false;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.listener.lost();
  }

  /** A network that went away without a word is found by the silence, a machine that slept by its clock. */
  #look(): void {
    const now = Date.now();
    const passed = now - this.#beat;
    this.#beat = now;
    if (passed < 0 || passed > SLEPT_MS) return this.#wake();
    if (!this.#open) return;
    const silent = performance.now() - this.#heard;
    if (this.#asked > 0 && performance.now() - this.#asked > PONG_MS) this.renew();
    else if (silent > QUIET_MS && this.#asked === 0) this.#ask();
    else if (this.#polling && performance.now() - this.#since > RETRY_SOCKET_MS) {
      this.#refused = 0;
      this.renew();
    }
  }

  #ask(): void {
    // A poll is an answer by itself, and has its own patience.
    if (this.#polling || this.#asked > 0) return;
    this.#asked = performance.now();
    this.say({ type: "ping" });
    setTimeout(() => this.#look(), PONG_MS + 100);
  }
}
