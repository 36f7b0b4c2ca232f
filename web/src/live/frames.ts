// The frames of the wire format v1, as a browser says and hears them.
import type { LiveEvent } from "./reducer.ts";

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

/** How a subscription was answered. */
export interface Subscribed {
  type: "subscribed";
  id?: number;
  stream: string;
  epoch: string;
  seq: number;
  result: "ok" | "reset" | "denied";
}

/** What passes: it is in no log, and over by time alone. */
export interface Ephemeral {
  type: "ephemeral";
  stream: string;
  kind: string;
  thread: string;
  by: { id: string; name: string };
  ttl_ms: number;
}

/** What the server says. */
export type Frame =
  | LiveEvent
  | Ack
  | Refusal
  | Subscribed
  | Ephemeral
  | { type: "positions"; streams: Record<string, number> }
  | { type: "bye"; after_ms: number }
  | { type: "welcome" | "live" | "pong" };

/** Where a stream stands, for who asks to follow it from there. */
export interface Position {
  stream: string;
  since: number;
  epoch: string;
}

/** Closes after which coming back would change nothing. */
export const ENDED = { replaced: 4114, frame: 4500, session: 4501, account: 4503, version: 4526 } as const;

/** Whether a connection that closed with this code stays closed. */
export function isEnd(code: number): boolean {
  return Object.values<number>(ENDED).includes(code);
}
