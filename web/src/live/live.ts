// The live client: follows the reader's streams and applies every frame, through the page's one Trusted Types policy.
import { Idiomorph } from "idiomorph";
import { announce } from "./announcer.ts";
import { backoff, type Change, type LiveEvent, Stream } from "./reducer.ts";
import { keepPlace, markMessages } from "../messages/list.ts";
import { markRows, readMoved, said } from "../threads/unread.ts";

interface Ack {
  type: "ack";
  id?: number;
  message: string;
}

interface Refusal {
  type: "error";
  id?: number;
  code: string;
  message: string;
}

type Frame =
  | LiveEvent
  | Ack
  | Refusal
  | { type: "subscribed"; stream: string; epoch: string; seq: number; result: "ok" | "reset" | "denied" }
  | { type: "positions"; streams: Record<string, number> }
  | { type: "welcome" | "live" | "pong" | "bye"; after_ms?: number };

interface TrustedPolicy {
  createHTML(html: string): string;
}

declare const trustedTypes: { createPolicy(name: string, rules: TrustedPolicy): TrustedPolicy } | undefined;

/** After so long without a connection the reader is told. */
const OFFLINE_MS = 5_000;
/** After so long without an ack a message is sent otherwise. */
const ACK_MS = 10_000;
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

/** The page's connection. */
class Live {
  #streams = new Map<string, Stream>();
  #epoch = document.body.dataset.epoch ?? "";
  #socket: WebSocket | undefined;
  #attempt = 0;
  #offline: number | undefined;
  #request = 0;
  #waiting = new Map<number, (ack: Ack | Refusal | undefined) => void>();

  constructor(private readonly url: string) {
    this.#readPage(document);
  }

  /** Connects, now and whenever the connection was lost. */
  connect(): void {
    const address = new URL(this.url, location.href);
    address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(address, ["preau.v1.html"]);
    this.#socket = socket;
    socket.onopen = () => {
      this.#attempt = 0;
      this.#online();
      for (const stream of this.#streams.keys()) this.#subscribe(stream);
    };
    socket.onmessage = (message) => this.#receive(JSON.parse(String(message.data)) as Frame);
    socket.onclose = (close) => this.#closed(close.code);
  }

  /** Sends a message over the socket; tells whether it was acked. */
  async send(message: { id: string; thread: string; body: string }): Promise<boolean> {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    const id = ++this.#request;
    const answer = new Promise<Ack | Refusal | undefined>((resolve) => {
      this.#waiting.set(id, resolve);
      setTimeout(() => resolve(undefined), ACK_MS);
    });
    this.#say({ type: "send", id, message });
    const answered = await answer;
    this.#waiting.delete(id);
    return answered?.type === "ack";
  }

  /** Says how far the open thread was read. */
  read(thread: string, position: number): void {
    this.#say({ type: "read", thread, position });
  }

  #readPage(page: Document): void {
    this.#epoch = page.body.dataset.epoch ?? "";
    this.#streams.clear();
    for (const [stream, seq] of Object.entries(JSON.parse(page.body.dataset.streams ?? "{}") as Record<string, number>)) {
      this.#streams.set(stream, new Stream(seq));
    }
  }

  #subscribe(stream: string): void {
    const state = this.#streams.get(stream);
    if (!state) return;
    state.restart();
    this.#say({ type: "subscribe", id: ++this.#request, stream, since: state.applied, epoch: this.#epoch });
    const thread = openThread();
    if (thread) this.#say({ type: "watch", stream, threads: [thread] });
  }

  #say(frame: object): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(frame));
  }

  #receive(frame: Frame): void {
    switch (frame.type) {
      case "event":
        this.#event(frame);
        break;
      case "subscribed":
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
        } else if (known) {
          known.replaceWith(element);
        } else {
          at.append(element);
        }
      }
    }
  }

  /** Fetches the page's own address again and takes over what changed, keeping focus, scroll and what is typed. */
  async reload(): Promise<void> {
    const answer = await fetch(location.href, { headers: { accept: "text/html" } }).catch(() => undefined);
    if (!answer?.ok) {
      if (answer) location.reload();
      return;
    }
    const html = fragments.createHTML(await answer.text());
    const page = new DOMParser().parseFromString(html, "text/html");
    this.#readPage(page);
    for (const part of ["main", "nav.navigation"]) {
      const [old, fresh] = [document.querySelector(part), page.querySelector(part)];
      if (old && fresh) Idiomorph.morph(old, fresh, { ignoreActiveValue: true });
    }
    for (const name of ["epoch", "streams"]) document.body.dataset[name] = page.body.dataset[name];
    markMessages();
    markRows();
    for (const stream of this.#streams.keys()) this.#subscribe(stream);
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
    setTimeout(() => this.connect(), backoff(this.#attempt++, Math.random));
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
