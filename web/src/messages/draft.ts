// What is being written: kept in this tab over its reloads, and on the server for wherever its writer goes on.
import type { Attached } from "./store.ts";

/** After so long without a key the server is told. */
const QUIET_MS = 2_000;

/** What is being written in one tab. */
export interface Draft {
  id: string;
  text: string;
  /** When it was last changed here, in milliseconds. */
  at?: number;
  /** Which of the server's copies it goes on from. */
  kept?: string;
  files?: Attached[];
  /** Whether its form was sent, and nothing was heard of it here. */
  sent?: boolean;
}

/** What was being written under this key; nothing where the browser keeps nothing. */
export function readDraft(key: string): Draft | undefined {
  try {
    return (JSON.parse(sessionStorage.getItem(key) ?? "null") as Draft | null) ?? undefined;
  } catch {
    return undefined;
  }
}

/** Keeps what is being written; an empty text without files is nothing. */
export function keepDraft(key: string, draft: Draft): void {
  try {
    if (draft.text === "" && !draft.files?.length) sessionStorage.removeItem(key);
    else sessionStorage.setItem(key, JSON.stringify({ at: Date.now(), ...draft }));
  } catch {
    // A browser that keeps nothing still sends.
  }
}

/** Which of two texts goes on, and which is offered beside it: the newer one, and nothing is lost. */
export function merged(here: Draft | undefined, shown: string, kept: string): { text: string; other?: string } {
  if (!here || here.text === "" || here.text === shown) return { text: shown };
  // What was typed here goes on from what the server has, or the server has nothing.
  if (shown === "" || (kept !== "" && here.kept === kept)) return { text: here.text };
  const newer = kept !== "" && (here.at ?? 0) > Date.parse(kept);
  return newer ? { text: here.text, other: shown } : { text: shown, other: here.text };
}

/** What the server keeps of it. */
export interface Kept {
  id: string;
  title?: string;
  kind?: string;
  body: string;
}

/** What became of it. */
export type Saved = "saved" | "here" | "";

/** The server's copy of what is written in one place: written after a pause, and before the page goes. */
export class Keeper {
  #waiting: Kept | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** The message whose draft the server has, as far as this page knows. */
  #bound: string | undefined;
  #last: Promise<void> = Promise.resolve();

  constructor(
    private readonly address: string,
    public kept: string,
    private readonly say: (saved: Saved) => void,
  ) {
    this.#bound = kept === "" ? undefined : "unknown";
  }

  /** Something else is written. */
  change(what: Kept): void {
    this.#waiting = what;
    this.say("");
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.flush(), QUIET_MS);
  }

  /** Tells the server now, in order. */
  flush(): void {
    clearTimeout(this.#timer);
    const what = this.#waiting;
    this.#waiting = undefined;
    if (what) this.#last = this.#last.then(() => this.#write(what));
  }

  /** What was written is on its way as this message: what the server keeps is over once it is stored. */
  sent(what: Kept): void {
    clearTimeout(this.#timer);
    this.#waiting = undefined;
    this.say("");
    if (this.#bound !== undefined && this.#bound !== what.id) this.#last = this.#last.then(() => this.#write(what));
  }

  /** A message is stored: nothing more is kept of it. */
  stored(id: string): void {
    this.#last = this.#last.then(async () => {
      if (this.#bound === id && (await this.#ask("DELETE", `?id=${id}`))) this.#bound = undefined;
    });
  }

  async #write(what: Kept): Promise<void> {
    const empty = what.body === "" && !what.title;
    if (empty && this.#bound === undefined) return;
    const answer = empty ? await this.#ask("DELETE", "") : await this.#ask("PUT", "", JSON.stringify(what));
    if (!answer) return this.say("here");
    this.#bound = empty ? undefined : what.id;
    this.kept = empty ? "" : ((await answer.json()) as { updated_at: string }).updated_at;
    // What was typed meanwhile is not saved yet.
    if (!this.#waiting) this.say(empty ? "" : "saved");
  }

  /** The page may be going: what is asked for outlives it. */
  async #ask(method: string, query: string, body?: string): Promise<Response | undefined> {
    const headers = body === undefined ? undefined : { "content-type": "application/json" };
    const answer = await fetch(`/api/v1${this.address}/draft${query}`, { method, headers, body, keepalive: true }).catch(() => undefined);
    return answer?.ok ? answer : undefined;
  }
}
