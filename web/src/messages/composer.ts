// The composer: what is sent shows at once, greyed, and goes over the socket, or by the API when there is none. What is
// typed is kept until the server has it. Files go by the plain form.
import { live } from "../live/live.ts";
import { markMessages, showEnd } from "./list.ts";
import { type Attempt, Outbox, type Waiting } from "./outbox.ts";

/** How long until what could not be sent is tried again, beside each new connection. */
const AGAIN_MS = 15_000;
/** The id of the pending template's message. */
const NIL = "00000000-0000-0000-0000-000000000000";

class Composer {
  readonly #body: HTMLTextAreaElement;
  readonly #id: HTMLInputElement;
  readonly #draft: string;
  readonly #outbox: Outbox;

  constructor(
    private readonly form: HTMLFormElement,
    private readonly thread: string,
  ) {
    this.#body = form.querySelector("textarea") as HTMLTextAreaElement;
    this.#id = form.querySelector("input[name=id]") as HTMLInputElement;
    this.#draft = `composer-${thread}`;
    this.#outbox = new Outbox(sessionStorage, `outbox-${thread}`);
    this.#restore();
    this.#body.addEventListener("input", () => this.#keepDraft());
    this.#body.addEventListener("keydown", (key) => {
      if (key.key === "Enter" && (key.ctrlKey || key.metaKey) && !key.isComposing) form.requestSubmit();
    });
    form.addEventListener("submit", (submit) => this.#submit(submit));
    live?.onOpen(() => void this.#flush());
    setInterval(() => void this.#flush(), AGAIN_MS);
    void this.#flush();
  }

  #submit(submit: SubmitEvent): void {
    const files = this.form.querySelector<HTMLInputElement>("input[type=file]")?.files?.length ?? 0;
    if (!live || files > 0) return;
    submit.preventDefault();
    const waiting = { id: this.#id.value, body: this.#body.value, at: Date.now() };
    if (waiting.body.trim() === "") return;
    this.#outbox.add(waiting);
    this.#body.value = "";
    this.#id.value = crypto.randomUUID();
    this.#say("");
    this.#keepDraft();
    showPending(waiting);
    showEnd();
    // Who pressed the button goes on writing.
    this.#body.focus({ preventScroll: true });
    void this.#flush();
  }

  async #flush(): Promise<void> {
    await this.#outbox.flush(
      (waiting) => attempt(this.thread, waiting),
      (waiting, how) => {
        if (how.kind === "refused") this.#giveBack(waiting, how.message);
      },
    );
  }

  /** Back to an earlier page: its draft is there again, and what still waits is shown. */
  #restore(): void {
    const draft = JSON.parse(sessionStorage.getItem(this.#draft) ?? "null") as { id: string; text: string } | null;
    // The form was sent with it, and it is in the list now.
    const posted = draft !== null && document.getElementById(`message-${draft.id}`) !== null;
    if (draft && !posted && this.#body.value === "") this.#body.value = draft.text;
    if (posted) sessionStorage.removeItem(this.#draft);
    for (const stale of this.#outbox.takeStale(Date.now())) this.#giveBack(stale, this.#status()?.dataset.failed ?? "");
    this.#outbox.list().forEach(showPending);
  }

  /** What was not sent goes back to where it was written, before what is being written. */
  #giveBack(waiting: Waiting, why: string): void {
    document.getElementById(`message-${waiting.id}`)?.remove();
    markMessages();
    this.#body.value = [waiting.body, this.#body.value].filter((text) => text !== "").join("\n\n");
    this.#keepDraft();
    this.#say(why);
  }

  #keepDraft(): void {
    const text = this.#body.value;
    if (text === "") sessionStorage.removeItem(this.#draft);
    else sessionStorage.setItem(this.#draft, JSON.stringify({ id: this.#id.value, text }));
  }

  #status(): HTMLElement | null {
    return this.form.querySelector<HTMLElement>("[data-composer-status]");
  }

  #say(text: string): void {
    const status = this.#status();
    if (status) status.textContent = text;
  }
}

/** Sends over the socket; without an answer, by the API: the same id is stored once. */
async function attempt(thread: string, { id, body }: Waiting): Promise<Attempt> {
  const answer = await live?.send({ id, thread, body });
  if (answer?.type === "ack") return { kind: "stored" };
  if (answer?.type === "error" && !["unavailable", "rate_limited"].includes(answer.code)) {
    return { kind: "refused", message: answer.message };
  }
  if (answer) return { kind: "unknown" };
  const request = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ id, body }) };
  const response = await fetch(`/api/v1/threads/${thread}/messages`, request).catch(() => undefined);
  if (response?.ok) return { kind: "stored" };
  if (!response || response.status >= 500 || response.status === 429 || response.status === 401) return { kind: "unknown" };
  const problem = (await response.json().catch(() => ({}))) as { detail?: string; title?: string };
  return { kind: "refused", message: problem.detail ?? problem.title ?? "" };
}

/** Shows a message that is on its way, at the end of the list; its event brings the real one, with the same id. */
function showPending({ id, body }: Waiting): void {
  const template = document.querySelector<HTMLTemplateElement>("#pending-message");
  const item = template?.content.firstElementChild?.cloneNode(true);
  const list = document.querySelector(".thread__messages");
  if (!list || !(item instanceof HTMLElement) || document.getElementById(`message-${id}`)) return;
  for (const element of [item, ...item.querySelectorAll("*")]) {
    for (const name of ["id", "aria-labelledby"]) {
      const value = element.getAttribute(name);
      if (value) element.setAttribute(name, value.replace(NIL, id));
    }
  }
  item.classList.add("message--pending");
  delete item.dataset.position;
  item.querySelector(".message__actions")?.remove();
  const text = item.querySelector<HTMLElement>(".message__body");
  if (text) text.textContent = body;
  list.append(item);
  markMessages();
}

const form = document.querySelector<HTMLFormElement>("#composer");
if (form?.dataset.thread) new Composer(form, form.dataset.thread);
