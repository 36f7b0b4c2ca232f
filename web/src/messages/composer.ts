// The composer: what is sent shows at once at the end of the thread, and goes by the outbox. Files go by the plain form.
import { giveBack } from "../live/typed.ts";
import { live } from "../live/live.ts";
import { keepDraft, readDraft } from "./draft.ts";
import { showEnd } from "./list.ts";
import { outbox } from "./sender.ts";
import { isShown, show } from "./unsent.ts";

class Composer {
  readonly #body: HTMLTextAreaElement;
  readonly #id: HTMLInputElement;
  readonly #draft: string;

  constructor(
    readonly form: HTMLFormElement,
    readonly thread: string,
  ) {
    this.#body = form.querySelector("textarea") as HTMLTextAreaElement;
    this.#id = form.querySelector("input[name=id]") as HTMLInputElement;
    this.#draft = `composer-${document.body.dataset.person}-${thread}`;
    this.#restore();
    this.#body.addEventListener("input", () => this.#keep());
    this.#body.addEventListener("keydown", (key) => {
      if (key.key === "Enter" && (key.ctrlKey || key.metaKey) && !key.isComposing) form.requestSubmit();
    });
    form.addEventListener("submit", (submit) => this.#submit(submit));
  }

  /** Takes a text back to where it was written, before what is being written. */
  take(text: string): void {
    this.#body.value = [text, this.#body.value].filter((part) => part !== "").join("\n\n");
    this.#keep();
    this.say("");
    this.focus();
  }

  /** Who pressed a button goes on writing. */
  focus(): void {
    this.#body.focus({ preventScroll: true });
  }

  /** Says at once what went wrong. */
  say(text: string): void {
    const status = this.form.querySelector("[data-composer-status]");
    if (status) status.textContent = text;
  }

  #submit(submit: SubmitEvent): void {
    const files = this.form.querySelector<HTMLInputElement>("input[type=file]")?.files?.length ?? 0;
    if (!outbox || files > 0) return;
    submit.preventDefault();
    const [id, thread, body] = [this.#id.value, this.thread, this.#body.value];
    if (body.trim() === "") return;
    show({ id, thread, body, person: "", at: 0 }, "waits");
    this.#body.value = "";
    this.#id.value = crypto.randomUUID();
    this.#keep();
    this.say("");
    showEnd();
    this.focus();
    void outbox.add({ id, thread, body });
  }

  #restore(): void {
    const draft = readDraft(this.#draft);
    // The form was sent with it, and it is in the list now.
    if (draft && isShown(draft.id)) keepDraft(this.#draft, { ...draft, text: "" });
    else if (draft && this.#body.value === "") this.#body.value = draft.text;
  }

  #keep(): void {
    keepDraft(this.#draft, { id: this.#id.value, text: this.#body.value });
  }
}

let composer: Composer | undefined;

/** The page's composer may be another one, or be gone: with its thread, or because nobody writes there any more. */
function find(): void {
  const form = document.querySelector<HTMLFormElement>("#composer");
  const thread = form?.dataset.thread;
  if (form === (composer?.form ?? null)) return;
  const before = composer?.thread;
  composer = form && thread ? new Composer(form, thread) : undefined;
  if (before && !document.querySelector("section[data-thread]")) void returnKept(before);
}

/** What was written in a thread that is gone goes back to who wrote it. */
async function returnKept(thread: string): Promise<void> {
  const kept = (await outbox?.list(thread)) ?? [];
  for (const { id } of kept) await outbox?.take(id);
  giveBack(kept.map(({ body }) => body));
}

/** What one may do about a message that is not sent. */
document.addEventListener("click", async ({ target }) => {
  const button = target instanceof Element ? target.closest<HTMLElement>("[data-unsent-do]") : null;
  const id = button?.closest("li")?.id.slice("message-".length);
  if (!button || !id) return;
  const what = button.dataset.unsentDo;
  if (what === "discard" && !confirm(button.dataset.confirm)) return;
  composer?.say("");
  composer?.focus();
  if (what === "resend") return void outbox?.resend(id);
  const taken = await outbox?.take(id);
  if (what !== "back" || !taken) return;
  if (composer) composer.take(taken.body);
  else giveBack([taken.body]);
});

live?.onTakenOver(find);
find();
