// The composer: sends over the socket, and by its form when there is none. What is typed is kept until it is sent.
import { live } from "../live/live.ts";

const form = document.querySelector<HTMLFormElement>("#composer");
const body = form?.querySelector<HTMLTextAreaElement>("textarea");
const id = form?.querySelector<HTMLInputElement>("input[name=id]");
const thread = form?.dataset.thread;

if (form && body && id && thread) {
  const draft = `draft-${thread}`;
  if (body.value === "") body.value = sessionStorage.getItem(draft) ?? "";
  body.addEventListener("input", () => sessionStorage.setItem(draft, body.value));
  body.addEventListener("keydown", (key) => {
    if (key.key === "Enter" && (key.ctrlKey || key.metaKey) && !key.isComposing) form.requestSubmit();
  });
  form.addEventListener("submit", (submit) => {
    const files = form.querySelector<HTMLInputElement>("input[type=file]")?.files?.length ?? 0;
    if (!live || files > 0) {
      sessionStorage.removeItem(draft);
      return;
    }
    submit.preventDefault();
    void send(live, form, body, id, thread, draft);
  });
}

async function send(
  connection: NonNullable<typeof live>,
  form: HTMLFormElement,
  body: HTMLTextAreaElement,
  id: HTMLInputElement,
  thread: string,
  draft: string,
): Promise<void> {
  const text = body.value;
  body.readOnly = true;
  const sent = await connection.send({ id: id.value, thread, body: text });
  body.readOnly = false;
  sessionStorage.removeItem(draft);
  if (!sent) {
    // The same id: what was committed without an answer is not posted twice. The form says what is wrong, if anything.
    form.submit();
    return;
  }
  body.value = "";
  id.value = crypto.randomUUID();
  body.focus();
}
