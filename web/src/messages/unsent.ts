// What is written and not sent yet, as the open thread shows it: at the end, with what one may do about it.
import { copied } from "../live/fragments.ts";
import { openThread } from "../live/open.ts";
import { markMessages } from "./list.ts";
import type { Change } from "./outbox.ts";
import type { Waiting } from "./store.ts";

/** The id of the template's message. */
const NIL = "00000000-0000-0000-0000-000000000000";

/** Whether the page shows a message as one that was stored. */
export function isShown(id: string): boolean {
  return document.getElementById(`message-${id}`)?.matches(":not(.message--unsent)") ?? false;
}

/** Shows what became of a message. Stored, it stays as it is until its event brings the real one, with the same id. */
export function show(waiting: Waiting, change: Change): void {
  if (waiting.thread !== openThread() || isShown(waiting.id)) return;
  const known = document.getElementById(`message-${waiting.id}`);
  if (change === "gone") {
    known?.remove();
  } else {
    const item = known ?? (change === "stored" ? undefined : made(waiting));
    if (item) mark(item, waiting, change);
  }
  markMessages();
}

/** Says at once that a message was not sent. */
export function sayFailed({ thread }: Waiting): void {
  const status = document.querySelector<HTMLElement>("#composer [data-composer-status]");
  if (status && thread === openThread()) status.textContent = status.dataset.failed ?? "";
}

/** Forgets those that were stored: a page that was fetched since shows them, or their event is on its way. */
export function dropStored(): void {
  for (const item of document.querySelectorAll(".message--unsent[data-unsent=stored]")) item.remove();
}

function mark(item: HTMLElement, { failed }: Waiting, change: Change): void {
  item.dataset.unsent = change;
  item.classList.toggle("message--failed", change === "failed");
  for (const part of item.querySelectorAll<HTMLElement>("[data-when]")) part.hidden = part.dataset.when !== change;
  const why = item.querySelector("[data-why]");
  if (why) why.textContent = failed ?? "";
}

function made({ id, body, attachments = [] }: Waiting): HTMLElement | undefined {
  const [item, state] = [copied("pending-message"), copied("unsent-message")];
  const list = document.querySelector(".thread__messages");
  if (!list || !item || !state) return undefined;
  for (const element of [item, ...item.querySelectorAll("*")]) {
    for (const name of ["id", "aria-labelledby"]) {
      const value = element.getAttribute(name);
      if (value) element.setAttribute(name, value.replace(NIL, id));
    }
  }
  item.classList.add("message--unsent");
  delete item.dataset.position;
  // The page may have been open for long.
  item.dataset.at = String(Math.floor(Date.now() / 1000));
  item.querySelector(".message__actions")?.remove();
  const [text, place] = [item.querySelector(".message__body"), item.querySelector("article > div")];
  if (text) text.textContent = body;
  const files = state.querySelector<HTMLElement>("[data-unsent-files]");
  if (files) files.hidden = attachments.length === 0;
  for (const { name } of attachments) files?.append(Object.assign(document.createElement("li"), { textContent: name }));
  place?.append(state);
  list.append(item);
  return item;
}
