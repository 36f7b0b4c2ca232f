// A message of one's own, put otherwise where it stands: Escape gives up, Ctrl+Enter saves, and what is refused is said
// beside it. The text stays until the server has it.
import { tell } from "../live/announcer.ts";
import { elements } from "../live/fragments.ts";
import { live } from "../live/live.ts";
import { Writing } from "./writing.ts";

/** How long an ack may take. */
const ACK_MS = 10_000;

/** Opens the form of a message, or goes to it where it is open; `back` has the focus once it is over. */
export async function edit(message: string, back: HTMLElement): Promise<void> {
  const place = document.querySelector(`#message-${message} .message__body`);
  const open = document.querySelector<HTMLElement>(".message__edit textarea");
  if (open || !place) return open?.focus();
  const answer = await fetch(`/messages/${message}/edit`, { headers: { accept: "text/html" } }).catch(() => undefined);
  const [form] = answer?.ok ? elements(await answer.text()) : [];
  // What cannot be fetched here has a page, which says why.
  if (!(form instanceof HTMLFormElement)) return location.assign(`/messages/${message}/actions`);
  form.dataset.placed = "";
  place.after(form);
  new Edit(form, message, back);
}

class Edit {
  readonly #area: HTMLTextAreaElement;
  /** The same text is the same operation, however often it is asked for. */
  #operation: { op: string; body: string } | undefined;

  constructor(
    private readonly form: HTMLFormElement,
    private readonly message: string,
    private readonly back: HTMLElement,
  ) {
    this.#area = new Writing(form.querySelector("[data-writing]") as HTMLElement, {
      send: () => form.requestSubmit(),
      leave: () => this.#end(),
    }).area;
    form.querySelector("[data-edit-cancel]")?.addEventListener("click", () => this.#end());
    form.addEventListener("submit", (submit) => {
      submit.preventDefault();
      void this.#save();
    });
    form.scrollIntoView({ block: "nearest" });
    this.#area.focus({ preventScroll: true });
    this.#area.setSelectionRange(this.#area.value.length, this.#area.value.length);
  }

  async #save(): Promise<void> {
    const body = this.#area.value;
    if (body === this.#area.defaultValue) return this.#end();
    if (this.#operation?.body !== body) this.#operation = { op: crypto.randomUUID(), body };
    const answer = await live?.edit({ ...this.#operation, message: this.message }, ACK_MS);
    if (answer?.type !== "ack") return this.#refuse(answer?.message ?? this.form.dataset.away ?? "");
    tell(this.form.dataset.saved ?? "");
    this.#end();
  }

  #refuse(why: string): void {
    const place = this.form.querySelector("[data-edit-refused]");
    if (place) place.textContent = why;
  }

  #end(): void {
    const held = this.form.contains(document.activeElement);
    this.form.remove();
    if (held) this.back.focus({ preventScroll: true });
  }
}
