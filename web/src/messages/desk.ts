// A form in which one writes a message: its text, its files, its preview and its draft. What becomes of it is its owner's.
import { tell } from "../live/announcer.ts";
import { copied } from "../live/fragments.ts";
import { type Draft, Keeper, type Kept, keepDraft, merged, readDraft } from "./draft.ts";
import type { Preview } from "./preview.ts";
import type { Attached } from "./store.ts";
import type { Uploads } from "./uploads.ts";
import { Writing } from "./writing.ts";

/** What the owner of a form knows of it. */
interface Owner {
  /** Whether the message of a draft is there already. */
  isSent(id: string): boolean;
  /** What the server keeps beside the text. */
  beside?(): Partial<Kept>;
  up?(): void;
}

export class Desk {
  readonly writing: Writing;
  readonly body: HTMLTextAreaElement;
  readonly keeper: Keeper;
  readonly #id: HTMLInputElement;
  readonly #key: string;
  readonly #list: HTMLElement;
  #uploads: Promise<Uploads> | undefined;
  #loaded: Uploads | undefined;
  #preview: Preview | undefined;
  /** Whether it is to be sent as soon as its files are there. */
  #waits = false;

  constructor(
    readonly form: HTMLFormElement,
    private readonly owner: Owner,
  ) {
    const place = form.querySelector("[data-writing]") as HTMLElement;
    this.writing = new Writing(place, {
      send: () => form.requestSubmit(form.querySelector<HTMLElement>("[data-send]")),
      files: (files) => this.attach(files),
      ...(owner.up && { up: () => owner.up?.() }),
    });
    this.body = this.writing.area;
    this.#id = (form.querySelector("input[name=message_id]") ?? form.querySelector("input[name=id]")) as HTMLInputElement;
    this.#list = form.querySelector("[data-files]") as HTMLElement;
    this.#key = `composer-${document.body.dataset.person}-${place.dataset.writing}`;
    const status = form.querySelector<HTMLElement>("[data-draft-status]");
    this.keeper = new Keeper(place.dataset.writing ?? "", this.body.dataset.kept ?? "", (saved) => {
      if (status) status.textContent = saved === "" ? "" : (status.dataset[saved] ?? "");
    });
    void this.#restore();
    form.addEventListener("input", ({ target }) => this.#typed(target));
    form.addEventListener("submit", (submit) => this.#hold(submit));
    form.querySelector<HTMLInputElement>("input[type=file]")?.addEventListener("change", ({ target }) => this.#chosen(target as HTMLInputElement));
    const button = form.querySelector<HTMLElement>("[data-preview-button]");
    button?.addEventListener("click", (click) => {
      click.preventDefault();
      void this.#look(button);
    });
  }

  /** The id that its message will have. */
  get id(): string {
    return this.#id.value;
  }

  /** The files that go with it. */
  attachments(): Attached[] {
    const inputs = [...this.form.querySelectorAll<HTMLInputElement>("input[name=attachments]")];
    return inputs
      .filter((input) => input.type === "hidden" || input.checked)
      .map((input) => {
        const item = input.closest<HTMLElement>("li");
        return { id: input.value, name: item?.querySelector("[data-name]")?.textContent ?? "", size: Number(item?.dataset.size ?? 0) };
      });
  }

  /** Sends files up, beside what is written. */
  attach(files: Iterable<File>): void {
    void this.#files().then((uploads) => uploads?.add(files));
  }

  /** Takes a text back to where it was written, before what is being written. */
  take(text: string, files: Attached[] = []): void {
    this.body.value = [text, this.body.value].filter((part) => part !== "").join("\n\n");
    if (files.length > 0) void this.#files().then((uploads) => uploads?.adopt(files));
    this.keep();
    this.say("");
    this.focus();
  }

  /** What is written is on its way: the form is ready for what comes next. */
  clear(): void {
    this.keeper.sent(this.#kept());
    this.body.value = "";
    this.#id.value = crypto.randomUUID();
    this.#list.replaceChildren();
    this.#loaded = this.#uploads = undefined;
    this.#preview?.hide();
    this.#keepHere();
    this.say("");
  }

  /** The plain form takes what is written with it; the next page asks whether it arrived. */
  leave(): void {
    this.keeper.flush();
    keepDraft(this.#key, { ...this.#draft(), sent: true });
  }

  /** Who pressed a button goes on writing. */
  focus(): void {
    this.body.focus({ preventScroll: true });
  }

  /** Says at once what went wrong. */
  say(text: string): void {
    const status = this.form.querySelector("[data-composer-status]");
    if (status) status.textContent = text;
  }

  /** Keeps what is written, here at once and on the server in a moment. */
  keep(): void {
    this.#keepHere();
    this.keeper.change(this.#kept());
  }

  /** Whether files are on their way, so that to leave is to lose them. */
  get busy(): boolean {
    return (this.#loaded?.count("goes") ?? 0) > 0;
  }

  #kept(): Kept {
    return { id: this.id, body: this.body.value, ...this.owner.beside?.() };
  }

  #keepHere(): void {
    keepDraft(this.#key, this.#draft());
  }

  #draft(): Draft {
    return { id: this.id, text: this.body.value, kept: this.keeper.kept, files: this.attachments() };
  }

  #typed(target: EventTarget | null): void {
    if (target instanceof HTMLInputElement && target.type === "file") return;
    this.#wait(false);
    this.keep();
  }

  async #restore(): Promise<void> {
    const draft = readDraft(this.#key);
    // The form was sent with it, and it is in the list now, or somewhere else.
    const there = draft && (this.owner.isSent(draft.id) || (draft.sent && (await isThere(draft.id))));
    if (there) return keepDraft(this.#key, { id: draft.id, text: "" });
    const shown = this.body.value;
    const { text, other } = merged(draft, shown, this.keeper.kept);
    if (draft?.files?.length) void this.#files().then((uploads) => uploads?.adopt(draft.files ?? []));
    if (other !== undefined) this.#offer(other);
    if (text === shown) return;
    this.body.value = text;
    this.keep();
  }

  /** Shows a text that was written in this place elsewhere, until somebody says what to do with it. */
  #offer(text: string): void {
    const place = this.form.querySelector<HTMLElement>("[data-other]") ?? copied("other-draft");
    const words = place?.querySelector("[data-other-text]");
    if (!place || !words) return;
    place.dataset.placed = "";
    words.textContent = text;
    place.addEventListener("click", ({ target }) => {
      const what = target instanceof HTMLElement ? target.dataset.otherDo : undefined;
      if (!what) return;
      place.remove();
      if (what === "take") this.take(text);
      else this.focus();
    });
    this.writing.place.after(place);
  }

  /** Sent while its files are on their way, it goes with them, and says so. */
  #hold(submit: SubmitEvent): void {
    const [going, failed] = [this.#loaded?.count("goes") ?? 0, this.#loaded?.count("failed") ?? 0];
    if (going + failed === 0) return;
    submit.preventDefault();
    submit.stopImmediatePropagation();
    const labels = this.form.querySelector<HTMLElement>("[data-composer-status]")?.dataset;
    this.say((going > 0 ? labels?.holds : labels?.unsentFile) ?? "");
    this.#wait(going > 0);
  }

  #wait(waits: boolean): void {
    const button = this.form.querySelector<HTMLElement>("[data-send]");
    if (!button || waits === this.#waits) return;
    this.#waits = waits;
    const [label, other] = [button.textContent, button.dataset.waits];
    button.textContent = other ?? "";
    button.dataset.waits = label ?? "";
    button.toggleAttribute("data-scripted", waits);
    if (!waits) this.say("");
  }

  #uploaded(): void {
    this.#keepHere();
    if (!this.#waits || this.busy) return;
    this.#wait(false);
    this.form.requestSubmit(this.form.querySelector<HTMLElement>("[data-send]"));
  }

  #files(): Promise<Uploads | undefined> {
    this.#uploads ??= import("./uploads.ts").then(({ Uploads }) => {
      this.#loaded = new Uploads(this.#list, this.writing.place.dataset.group ?? "", () => this.#uploaded());
      return this.#loaded;
    });
    // Where the network does not bring it, the plain form takes files.
    return this.#uploads.catch(() => (this.#uploads = undefined));
  }

  #chosen(input: HTMLInputElement): void {
    const files = [...(input.files ?? [])];
    void this.#files().then((uploads) => {
      if (!uploads) return;
      input.value = "";
      uploads.add(files);
    });
  }

  async #look(button: HTMLElement): Promise<void> {
    const at = this.form.querySelector<HTMLElement>("[data-preview]");
    const loaded = this.#preview ?? (await import("./preview.ts").catch(() => undefined));
    if (!loaded || !at) return tell(at?.dataset.failed ?? "");
    this.#preview ??= "Preview" in loaded ? new loaded.Preview(this.body, button, at) : loaded;
    await this.#preview.toggle();
  }
}

/** Whether a message is there: its address leads to it. */
async function isThere(id: string): Promise<boolean> {
  const answer = await fetch(`/messages/${id}`, { redirect: "manual" }).catch(() => undefined);
  return answer?.type === "opaqueredirect";
}
