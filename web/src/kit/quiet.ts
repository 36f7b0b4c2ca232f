// Small forms that change something of the page they stand in: sent without leaving it, and the page is fetched again.
// What goes wrong is told by the page that the plain form would have led to.
import { live } from "../live/live.ts";

document.addEventListener("submit", (submit) => {
  const form = submit.target;
  if (!(form instanceof HTMLFormElement) || !form.matches("[data-quiet]") || submit.defaultPrevented || !live) return;
  submit.preventDefault();
  void send(form, submit.submitter);
});

async function send(form: HTMLFormElement, submitter: HTMLElement | null): Promise<void> {
  const fields = new FormData(form, submitter);
  const body = new URLSearchParams([...fields].map(([name, value]) => [name, String(value)]));
  const answer = await fetch(form.action, { method: "POST", body, redirect: "manual" }).catch(() => undefined);
  if (answer?.type === "opaqueredirect") return live?.refresh();
  // The form goes as it would have gone by itself.
  form.removeAttribute("data-quiet");
  form.requestSubmit(submitter);
}
