// The composer: what is sent shows at once at the end of the thread, and goes by the outbox; a thread that is opened goes by
// its form.
import { giveBack } from "../live/typed.ts";
import { live } from "../live/live.ts";
import { Desk } from "./desk.ts";
import { showEnd } from "./list.ts";
import { onStored, outbox } from "./sender.ts";
import { isShown, show } from "./unsent.ts";

class Composer {
  readonly desk: Desk;

  constructor(
    readonly form: HTMLFormElement,
    readonly thread: string,
  ) {
    this.desk = new Desk(form, { isSent: isShown, up: editLast });
    form.addEventListener("submit", (submit) => this.#submit(submit));
  }

  #submit(submit: SubmitEvent): void {
    const { id, body: area } = this.desk;
    const files = this.form.querySelector<HTMLInputElement>("input[type=file]")?.files?.length ?? 0;
    if (!outbox || files > 0) return;
    submit.preventDefault();
    const [thread, body, attachments] = [this.thread, area.value, this.desk.attachments()];
    if (body.trim() === "" && attachments.length === 0) return;
    show({ id, thread, body, attachments, person: "", at: 0 }, "waits");
    this.desk.clear();
    showEnd();
    this.desk.focus();
    void outbox.add({ id, thread, body, attachments });
  }
}

/** Puts a message otherwise where it stands; `back` has the focus again afterwards. */
export async function editInPlace(message: string, back: HTMLElement): Promise<void> {
  const edit = await import("./edit.ts").catch(() => undefined);
  // Where the network does not bring it, the page of the message does the same.
  if (edit) await edit.edit(message, back);
  else location.assign(`/messages/${message}/actions`);
}

/** The last of one's own messages that says something. */
function editLast(): void {
  const own = `.thread__messages > [data-position][data-author="${document.body.dataset.person}"]:has(.message__body)`;
  const last = [...document.querySelectorAll<HTMLElement>(own)].pop();
  if (last && composer) void editInPlace(last.id.slice("message-".length), composer.desk.body);
}

let composer: Composer | undefined;
let opening: Desk | undefined;

/** The page's composer may be another one, or be gone: with its thread, or because nobody writes there any more. */
function find(): void {
  findOpening();
  composer?.desk.writing.show();
  const form = document.querySelector<HTMLFormElement>("#composer");
  const thread = form?.dataset.thread;
  if (form === (composer?.form ?? null)) return;
  const before = composer?.thread;
  composer = form && thread ? new Composer(form, thread) : undefined;
  if (before && !document.querySelector("section[data-thread]")) void returnKept(before);
}

/** The form that opens a thread, where there is one. */
function findOpening(): void {
  opening?.writing.show();
  const form = document.querySelector<HTMLFormElement>(".thread__form:has([data-writing])");
  if (form === (opening?.form ?? null)) return;
  const field = (name: string) => form?.querySelector<HTMLInputElement | HTMLSelectElement>(`[name=${name}]`)?.value ?? "";
  opening = form ? new Desk(form, { isSent: () => false, beside: () => ({ title: field("title"), kind: field("kind") }) }) : undefined;
  form?.addEventListener("submit", () => opening?.leave());
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
  composer?.desk.say("");
  composer?.desk.focus();
  if (what === "resend") return void outbox?.resend(id);
  const taken = await outbox?.take(id);
  if (what !== "back" || !taken) return;
  if (composer) composer.desk.take(taken.body, taken.attachments);
  else giveBack([taken.body]);
});

/** The forms of the page in which one writes. */
function desks(): Desk[] {
  return [composer?.desk, opening].filter((desk) => desk !== undefined);
}

/** Files that are dropped anywhere on the page go with what is written there. */
for (const name of ["dragover", "dragleave", "drop"] as const) {
  addEventListener(name, (drag) => {
    const [desk] = desks();
    if (!desk || !drag.dataTransfer?.types.includes("Files")) return;
    drag.preventDefault();
    desk.form.toggleAttribute("data-dropping", name === "dragover");
    if (name === "drop") desk.attach([...drag.dataTransfer.files]);
  });
}

addEventListener("beforeunload", (leaving) => {
  if (desks().some((desk) => desk.busy)) leaving.preventDefault();
});
const flush = () => desks().forEach((desk) => desk.keeper.flush());
document.addEventListener("visibilitychange", flush);
addEventListener("pagehide", flush);
onStored(({ thread, id }) => {
  if (composer?.thread === thread) composer.desk.keeper.stored(id);
});
live?.onTakenOver(find);
find();
