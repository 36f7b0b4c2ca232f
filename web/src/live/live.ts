// The live client: follows the reader's streams, applies every frame in order and once, and carries what the page says.
// It knows no room: each says what it wants to hear of.
import { announce } from "./announcer.ts";
import { apply, keepingFocus } from "./apply.ts";
import { Connection } from "./connection.ts";
import type { Ack, Ephemeral, Frame, Refusal, Subscribed } from "./frames.ts";
import { openThread } from "./open.ts";
import { Page } from "./page.ts";
import type { LiveEvent } from "./reducer.ts";
import { Streams } from "./streams.ts";
import { connected, disconnected, over } from "./strip.ts";

type Answer = Ack | Refusal | undefined;

/** The reader's part of the server, as the page follows it. */
class Live {
  readonly #streams = new Streams();
  readonly #connection: Connection;
  readonly #page = new Page((page) => this.#taken(page));
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  readonly #ready: (() => void)[] = [];
  readonly #changed: (() => void)[] = [];
  readonly #told: ((event: LiveEvent) => void)[] = [];
  readonly #passing: ((frame: Ephemeral) => void)[] = [];
  #within = (change: () => void) => change();
  #request = 0;
  /** The language in which the connection was made. */
  #locale = document.body.dataset.locale;
  /** Whether the connection is known to be of the page's reader. */
  #own = false;
  /** Whether somebody else has signed in with this browser: nothing is said in their name. */
  #foreign = false;
  /** Whether streams must be named to the connection. */
  #named = false;

  constructor(url: string) {
    this.#streams.read(document.body);
    this.#connection = new Connection(url, {
      opened: (named) => this.#opened(named),
      heard: (frame) => this.#heard(frame),
      lost: () => this.#lost(),
      ended: over,
      positions: () => ({ at: this.#streams.polled(), watch: this.#watched() }),
    });
  }

  connect(): void {
    this.#connection.connect();
  }

  /** Calls back whenever there is a connection that speaks for the page's reader. */
  onReady(ready: () => void): void {
    this.#ready.push(ready);
    if (this.#own) ready();
  }

  /** Calls back when the page was taken over from a fresh one. */
  onTakenOver(changed: () => void): void {
    this.#changed.push(changed);
  }

  /** Calls back with each event, once the page shows it. */
  onEvent(told: (event: LiveEvent) => void): void {
    this.#told.push(told);
  }

  /** Calls back with what passes. */
  onEphemeral(passing: (frame: Ephemeral) => void): void {
    this.#passing.push(passing);
  }

  /** Makes the changes that events bring inside this: it keeps what is read where it is. */
  changeWithin(within: (change: () => void) => void): void {
    this.#within = within;
  }

  /** Sends a message; answers what the server says, or nothing if it has said nothing for so long. */
  send(message: { id: string; thread: string; body: string; attachments?: string[] }, patience: number): Promise<Answer> {
    return this.#ask({ type: "send", message }, patience);
  }

  /** Says something else in a message, under the key by which the same is asked for again. */
  edit(edit: { op: string; message: string; body: string }, patience: number): Promise<Answer> {
    return this.#ask({ type: "edit", ...edit }, patience);
  }

  async #ask(command: { type: string; [part: string]: unknown }, patience: number): Promise<Answer> {
    const id = ++this.#request;
    if (!this.#own || !this.#connection.say({ id, ...command })) return undefined;
    const answer = await new Promise<Answer | "late">((resolve) => {
      this.#waiting.set(id, resolve);
      setTimeout(() => resolve("late"), patience);
    });
    this.#waiting.delete(id);
    if (answer !== "late") return answer;
    // Its answer may come no more: the same is sent again over another connection.
    this.#connection.renew();
    return undefined;
  }

  /** Fetches the page again: something of it was changed, or is to show more. */
  refresh(): void {
    this.#page.reload(true);
  }

  /** Says how far a thread was read, if it can be said now. */
  read(thread: string, position: number): void {
    if (this.#own) this.#connection.say({ type: "read", thread, position });
  }

  /** Says that the reader writes in a thread, and whether it could be said: who asks by long poll does not. */
  typing(thread: string): boolean {
    return this.#named && this.#own && this.#connection.say({ type: "typing", thread });
  }

  #opened(named: boolean): void {
    this.#named = named;
    connected();
    for (const stream of this.#streams.names()) this.#subscribe(stream);
    // Polls name the streams themselves, and a first one was answered.
    if (!named) this.#speaks();
  }

  #lost(): void {
    this.#own = false;
    for (const answer of this.#waiting.values()) answer(undefined);
    this.#waiting.clear();
    disconnected();
  }

  #speaks(): void {
    if (this.#own || this.#foreign) return;
    this.#own = true;
    for (const ready of this.#ready) ready();
  }

  #subscribe(stream: string): void {
    if (!this.#named) return;
    const id = ++this.#request;
    const position = this.#streams.ask(stream, id);
    if (!position) return;
    // Only a refusal is answered by number: the database is away for a moment.
    this.#waiting.set(id, (answer) => {
      this.#waiting.delete(id);
      if (answer?.type === "error") setTimeout(() => this.#subscribe(stream), answer.retry_after_ms ?? 1_000);
    });
    // What is watched is said first, so that it holds from the first event on.
    const threads = this.#watched();
    if (threads.length > 0) this.#connection.say({ type: "watch", stream, threads });
    this.#connection.say({ type: "subscribe", id, ...position });
  }

  #watched(): string[] {
    return [openThread()].filter((thread) => thread !== undefined);
  }

  #heard(frame: Frame): void {
    switch (frame.type) {
      case "event":
        return this.#event(frame);
      case "subscribed":
        return this.#subscribed(frame);
      case "positions":
        for (const stream of this.#streams.behind(frame.streams)) this.#subscribe(stream);
        return;
      case "ephemeral":
        for (const passing of this.#passing) passing(frame);
        return;
      case "ack":
      case "error":
        if (frame.id !== undefined) this.#waiting.get(frame.id)?.(frame);
    }
  }

  #subscribed(frame: Subscribed): void {
    if (frame.id !== undefined) this.#waiting.delete(frame.id);
    const own = document.body.dataset.person ?? "";
    const outcome = this.#streams.answered(frame, own);
    if (outcome === "foreign") {
      this.#own = !(this.#foreign = true);
      location.reload();
    } else if (outcome === "reload" || outcome === "gone") this.#page.reload();
    if (frame.stream === own && outcome === "follows") this.#speaks();
  }

  #event(event: LiveEvent): void {
    const { apply, again } = this.#streams.take(event);
    for (const next of apply) this.#apply(next);
    if (again) this.#subscribe(event.stream);
  }

  #apply(event: LiveEvent): void {
    let reload = follows(event.kind) || misses(event);
    this.#within(() =>
      keepingFocus(() => {
        for (const change of [event, ...event.also]) reload = apply(change) || reload;
      }),
    );
    for (const told of this.#told) told(event);
    announce(event);
    if (reload) this.#page.reload();
  }

  #taken(page: Document): void {
    const locale = document.body.dataset.locale;
    for (const stream of this.#streams.read(page.body)) this.#connection.say({ type: "unsubscribe", stream });
    for (const changed of this.#changed) changed();
    // Fragments come in the language in which the connection was made.
    if (locale !== this.#locale) {
      this.#locale = locale;
      this.#connection.renew();
    } else {
      for (const stream of this.#streams.names()) this.#subscribe(stream);
    }
  }
}

/** Whether the page shows a digest of what events of this kind are about. */
function follows(kind: string): boolean {
  const subjects = document.querySelector<HTMLElement>("[data-follows]")?.dataset.follows ?? "";
  return subjects.split(" ").includes(kind.split(".")[0] ?? "");
}

/** Whether an event of the open thread came as if it were not open: the connection had not heard yet that it is. */
function misses({ kind, thread, target, also }: LiveEvent): boolean {
  if (thread !== openThread() || !/^(message|reaction)\./.test(kind)) return false;
  return ![target, ...also.map((change) => change.target)].some((id) => /^(thread-messages|message)-/.test(id));
}

const url = document.body.dataset.liveUrl;

/** The page's connection; none on pages of who is not signed in. */
export const live = url === undefined ? undefined : new Live(url);
