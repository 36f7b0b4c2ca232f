// The live client: follows the reader's streams and applies every frame, through the page's one Trusted Types policy.
import { Idiomorph } from "idiomorph";
import { announce } from "./announcer.ts";
import { backoff, type Change, type LiveEvent, Stream } from "./reducer.ts";
import { keepPlace, markMessages } from "../messages/list.ts";
import { markRows, readMoved, said } from "../threads/unread.ts";

/** The server has it. */
export interface Ack {
  type: "ack";
  id?: number;
  message: string;
}

/** The server says why it has not. */
export interface Refusal {
  type: "error";
  id?: number;
  code: string;
  message: string;
  retry_after_ms?: number;
}

type Frame =
  | LiveEvent
  | Ack
  | Refusal
  | { type: "subscribed"; id?: number; stream: string; epoch: string; seq: number; result: "ok" | "reset" | "denied" }
  | { type: "positions"; streams: Record<string, number> }
  | { type: "bye"; after_ms: number }
  | { type: "welcome" | "live" | "pong" };

interface TrustedPolicy {
  createHTML(html: string): string;
}

declare const trustedTypes: { createPolicy(name: string, rules: TrustedPolicy): TrustedPolicy } | undefined;

/** After so long without a connection the reader is told. */
const OFFLINE_MS = 5_000;
/** After so long without an ack a message is sent otherwise. */
const ACK_MS = 10_000;
/** After so long without a word the server is asked whether it is there. */
const QUIET_MS = 40_000;
/** After so long without a word the connection is taken for lost. */
const LOST_MS = 60_000;
/** Codes after which coming back would not help. */
const TERMINAL = new Set([4114, 4500, 4501, 4503, 4526]);

const fragments: TrustedPolicy =
  typeof trustedTypes === "undefined"
    ? { createHTML: (html) => html }
    : trustedTypes.createPolicy("preau", { createHTML: (html) => html });

/** The elements of a fragment that the server rendered. */
function elements(html: string): Element[] {
  const template = document.createElement("template");
  template.innerHTML = fragments.createHTML(html);
  return [...template.content.children];
}

/** What is being written stays as it is. */
function beforeNodeMorphed(old: Node): boolean {
  if (old instanceof HTMLInputElement || old instanceof HTMLTextAreaElement) return old.value === old.defaultValue;
  return !(old instanceof HTMLElement && old.id === "composer");
}

/** The page's connection. */
class Live {
  #streams = new Map<string, Stream>();
  #epoch = document.body.dataset.epoch ?? "";
  #socket: WebSocket | undefined;
  #attempt = 0;
  /** The server asked to come back no sooner than after so long. */
  #pause = 0;
  #heard = 0;
  #offline: number | undefined;
  #request = 0;
  #waiting = new Map<number, (answer: Ack | Refusal | undefined) => void>();
  #opened: (() => void)[] = [];
  #fetching: Promise<void> | undefined;

  constructor(private readonly url: string) {
    this.#readPage(document);
    setInterval(() => this.#watch(), QUIET_MS / 4);
  }

  /** Connects, now and whenever the connection was lost. */
  connect(): void {
    const address = new URL(this.url, location.href);
    address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(address, ["preau.v1.html"]);
    this.#socket = socket;
    this.#heard = Date.now();
    socket.onopen = () => {
      this.#online();
      for (const stream of this.#streams.keys()) this.#subscribe(stream);
      for (const opened of this.#opened) opened();
    };
    socket.onmessage = (message) => this.#receive(JSON.parse(String(message.data)) as Frame);
    socket.onclose = (close) => this.#closed(close.code);
  }

  /** Calls back whenever there is a connection again. */
  onOpen(opened: () => void): void {
    this.#opened.push(opened);
  }

  /** Sends a message over the socket; answers what the server says, or nothing if it says nothing. */
  async send(message: { id: string; thread: string; body: string }): Promise<Ack | Refusal | undefined> {
    if (this.#socket?.readyState !== WebSocket.OPEN) return undefined;
    const id = ++this.#request;
    const answer = new Promise<Ack | Refusal | undefined>((resolve) => {
      this.#waiting.set(id, resolve);
      setTimeout(() => resolve(undefined), ACK_MS);
    });
    this.#say({ type: "send", id, message });
    const answered = await answer;
    this.#waiting.delete(id);
    return answered;
  }

  /** Says how far the open thread was read. */
  read(thread: string, position: number): void {
    this.#say({ type: "read", thread, position });
  }

  #readPage(page: Document): void {
    this.#epoch = page.body.dataset.epoch ?? "";
    const known = this.#streams;
    this.#streams = new Map();
    for (const [stream, seq] of Object.entries(JSON.parse(page.body.dataset.streams ?? "{}") as Record<string, number>)) {
      this.#streams.set(stream, new Stream(seq));
    }
    for (const stream of known.keys()) {
      if (!this.#streams.has(stream)) this.#say({ type: "unsubscribe", stream });
    }
  }

  #subscribe(stream: string): void {
    const state = this.#streams.get(stream);
    if (!state) return;
    const id = ++this.#request;
    state.asked(id);
    // Only a refusal is answered by number: the database is away for a moment.
    this.#waiting.set(id, (answer) => {
      this.#waiting.delete(id);
      if (answer?.type === "error") setTimeout(() => this.#subscribe(stream), answer.retry_after_ms ?? 1_000);
    });
    this.#say({ type: "subscribe", id, stream, since: state.applied, epoch: this.#epoch });
    const thread = openThread();
    if (thread) this.#say({ type: "watch", stream, threads: [thread] });
  }

  #say(frame: object): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(frame));
  }

  #receive(frame: Frame): void {
    this.#heard = Date.now();
    switch (frame.type) {
      case "welcome":
        this.#attempt = 0;
        break;
      case "event":
        this.#event(frame);
        break;
      case "subscribed":
        if (frame.id !== undefined) this.#waiting.delete(frame.id);
        if (!this.#streams.get(frame.stream)?.answered(frame.id)) break;
        if (frame.result === "reset") void this.reload();
        if (frame.result === "denied") this.#streams.delete(frame.stream);
        break;
      case "positions":
        for (const [stream, seq] of Object.entries(frame.streams)) {
          if (this.#streams.get(stream)?.isBehind(seq)) this.#subscribe(stream);
        }
        break;
      case "ack":
      case "error":
        if (frame.id !== undefined) this.#waiting.get(frame.id)?.(frame);
        break;
      case "bye":
        this.#pause = frame.after_ms;
        break;
    }
  }

  #event(event: LiveEvent): void {
    const stream = this.#streams.get(event.stream);
    if (!stream) return;
    const { apply, again } = stream.take(event);
    for (const next of apply) this.#apply(next);
    if (again) this.#subscribe(event.stream);
  }

  #apply(event: LiveEvent): void {
    if (event.data?.thread !== undefined && event.data.position !== undefined) {
      readMoved(event.data.thread, event.data.position);
      return;
    }
    keepPlace(() => {
      for (const change of [event, ...event.also]) this.#change(change);
      markMessages();
    });
    said(event);
    markRows();
    announce(event);
  }

  #change({ target, action, html }: Change): void {
    const at = target === "" ? null : document.getElementById(target);
    if (!at) return;
    if (action === "reload") {
      void this.reload();
    } else if (action === "remove") {
      at.remove();
    } else if (action === "replace") {
      at.replaceWith(...elements(html));
    } else {
      for (const element of elements(html)) {
        const known = element.id === "" ? null : document.getElementById(element.id);
        if (action === "prepend") {
          known?.remove();
          at.prepend(element);
        } else if (known && !known.classList.contains("message--pending")) {
          known.replaceWith(element);
        } else {
          // What is on its way stays last: only now is it known after which others it comes.
          known?.remove();
          at.insertBefore(element, at.querySelector(":scope > .message--pending"));
        }
      }
    }
  }

  /** Fetches the page's own address again and takes over what changed, keeping focus, scroll and what is typed. Asked
   * for while it does, it does once: what the page lacks then, its streams bring. */
  reload(): Promise<void> {
    this.#fetching ??= this.#refetch().finally(() => (this.#fetching = undefined));
    return this.#fetching;
  }

  async #refetch(): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      const answer = await fetch(location.href, { headers: { accept: "text/html" } }).catch(() => undefined);
      if (answer?.ok) return this.#takeOver(await answer.text());
      // The page answers a form, and has no address of its own: what is typed in it stays.
      if (answer?.status === 405) return;
      if (answer && answer.status < 500) return location.reload();
      await new Promise((resolve) => setTimeout(resolve, 500 + backoff(attempt, Math.random)));
    }
  }

  #takeOver(text: string): void {
    const page = new DOMParser().parseFromString(fragments.createHTML(text), "text/html");
    this.#readPage(page);
    const pending = [...document.querySelectorAll(".message--pending")];
    for (const part of ["main", "nav.navigation"]) {
      const [old, fresh] = [document.querySelector(part), page.querySelector(part)];
      if (old && fresh) Idiomorph.morph(old, fresh, { ignoreActiveValue: true, callbacks: { beforeNodeMorphed } });
    }
    for (const item of pending) {
      if (!document.getElementById(item.id)) document.querySelector(".thread__messages")?.append(item);
    }
    for (const name of ["epoch", "streams"]) document.body.dataset[name] = page.body.dataset[name];
    markMessages();
    markRows();
    for (const stream of this.#streams.keys()) this.#subscribe(stream);
  }

  /** A network that went away without a word is found by the silence. */
  #watch(): void {
    if (this.#socket?.readyState !== WebSocket.OPEN) return;
    const quiet = Date.now() - this.#heard;
    if (quiet > LOST_MS) {
      this.#socket.onclose = null;
      this.#socket.close();
      this.#closed(1006);
    } else if (quiet > QUIET_MS) {
      this.#say({ type: "ping" });
    }
  }

  #online(): void {
    clearTimeout(this.#offline);
    this.#offline = undefined;
    const strip = document.getElementById("connection-status");
    if (strip) strip.hidden = true;
  }

  #closed(code: number): void {
    for (const answer of this.#waiting.values()) answer(undefined);
    this.#waiting.clear();
    if (code === 4501) {
      location.reload();
      return;
    }
    if (TERMINAL.has(code)) return;
    this.#offline ??= window.setTimeout(() => {
      const strip = document.getElementById("connection-status");
      if (!strip) return;
      strip.textContent = strip.dataset.offline ?? "";
      strip.hidden = false;
    }, OFFLINE_MS);
    setTimeout(() => this.connect(), this.#pause + backoff(this.#attempt++, Math.random));
    this.#pause = 0;
  }
}

/** The thread that the page shows. */
export function openThread(): string | undefined {
  return document.querySelector<HTMLElement>("section[data-thread]")?.dataset.thread;
}

const url = document.body.dataset.liveUrl;

/** The page's connection; none on pages of who is not signed in. */
export const live = url === undefined ? undefined : new Live(url);
live?.connect();
