// What one may do with a message, opened beside it: Escape and a click elsewhere close it. Where it cannot be fetched, the
// message's own page says the same.
import { tell } from "../live/announcer.ts";
import { elements } from "../live/fragments.ts";
import { live } from "../live/live.ts";
import { editInPlace } from "./composer.ts";
import { offer } from "./restore.ts";

/** How long the menu may take to come. */
const PATIENCE_MS = 10_000;

/** Opens the menu of a message beside its link, or closes it. */
export async function toggle(link: HTMLAnchorElement): Promise<void> {
  const open = opened();
  close(open !== undefined && link.parentElement?.contains(open) === true);
  if (open && link.parentElement?.contains(open)) return;
  const answer = await fetch(link.href.replace(/\/actions$/, "/menu"), { headers: { accept: "text/html" }, signal: AbortSignal.timeout(PATIENCE_MS) }).catch(() => undefined);
  const [menu] = answer?.ok ? elements(await answer.text()) : [];
  if (!(menu instanceof HTMLElement) || !link.isConnected) return location.assign(link.href);
  menu.dataset.placed = "";
  link.setAttribute("aria-expanded", "true");
  link.after(menu);
  menu.scrollIntoView({ block: "nearest" });
  menu.querySelector<HTMLElement>("button, a")?.focus({ preventScroll: true });
}

function opened(): HTMLElement | undefined {
  return document.querySelector<HTMLElement>(".menu") ?? undefined;
}

/** Closes what is open; who was in it is back at its link. */
function close(back: boolean): void {
  const menu = opened();
  const link = menu?.parentElement?.querySelector<HTMLElement>(".message__actions");
  menu?.remove();
  link?.removeAttribute("aria-expanded");
  if (back) link?.focus({ preventScroll: true });
}

document.addEventListener("keydown", ({ key, target }) => {
  if (key === "Escape" && target instanceof Node && opened()?.contains(target)) close(true);
});
document.addEventListener("focusin", ({ target }) => {
  if (target instanceof Node && !opened()?.parentElement?.contains(target)) close(false);
});
document.addEventListener("pointerdown", ({ target }) => {
  if (target instanceof Node && !opened()?.parentElement?.contains(target)) close(false);
});
// What is sent quietly leaves the page as it is: the menu has done its work.
document.addEventListener("submit", ({ target }) => {
  if (target instanceof HTMLFormElement && target.matches("[data-quiet]") && opened()?.contains(target)) setTimeout(() => close(true));
});
document.addEventListener("submit", (submit) => {
  const form = submit.target;
  if (!(form instanceof HTMLFormElement) || !form.matches(".menu [data-remove]") || !live) return;
  submit.preventDefault();
  void remove(form);
});
document.addEventListener("click", ({ target }) => {
  const button = target instanceof Element ? target.closest<HTMLElement>(".menu button") : null;
  if (button?.dataset.menuClose !== undefined) close(true);
  else if (button?.dataset.copy !== undefined) void copy(button.dataset.copy);
  else if (button?.dataset.edit !== undefined) void edit(button.dataset.edit);
});

async function copy(path: string): Promise<void> {
  const copied = opened()?.dataset.copied ?? "";
  const address = new URL(path, location.href).href;
  // A browser that does not let it be copied shows it, to be copied by hand.
  const done = await navigator.clipboard?.writeText(address).then(() => true, () => false);
  if (done) tell(copied);
  else location.assign(address);
  close(true);
}

/** Removes the message, and offers to undo that where it stood. */
async function remove(form: HTMLFormElement): Promise<void> {
  const restoring = opened()?.querySelector<HTMLFormElement>("[data-restore]");
  const place = opened()?.closest("li")?.querySelector(".message > div");
  const answer = await fetch(form.action, { method: "POST", redirect: "manual", signal: AbortSignal.timeout(PATIENCE_MS) }).catch(() => undefined);
  // What goes wrong is told by the page that the plain form leads to, which removes the same only once.
  if (answer?.type !== "opaqueredirect" || !restoring || !place?.isConnected) return form.submit();
  offer(restoring, place);
  close(false);
  live?.refresh();
}

async function edit(message: string): Promise<void> {
  const link = opened()?.parentElement?.querySelector<HTMLElement>(".message__actions");
  close(false);
  if (link) await editInPlace(message, link);
}
