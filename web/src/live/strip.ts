// The strip under the header: says that the connection is away, or is over, and what is kept.
import { ENDED } from "./frames.ts";

/** After so long without a connection the reader is told. */
const OFFLINE_MS = 5_000;

let timer: number | undefined;

function strip(): HTMLElement | null {
  return document.getElementById("connection-status");
}

function show(sentence: string): void {
  for (const part of strip()?.querySelectorAll<HTMLElement>("[data-when]") ?? []) part.hidden = part.dataset.when !== sentence;
  const place = strip();
  if (place) place.hidden = sentence === "";
}

/** There is a connection: nothing to say. */
export function connected(): void {
  clearTimeout(timer);
  timer = undefined;
  show("");
}

/** There is none. A short absence is nobody's business, and what is said of an end stays. */
export function disconnected(): void {
  if (strip()?.hidden === false) return;
  timer ??= window.setTimeout(() => show("offline"), OFFLINE_MS);
}

/** It is over, and why. */
export function over(code: number): void {
  clearTimeout(timer);
  timer = undefined;
  const [why] = Object.entries(ENDED).find(([, known]) => known === code) ?? ["frame"];
  show(why);
}
