// Undoing a removal, offered where the message stood: for ten seconds, and longer for who is at it, since nobody loses what
// they are reaching for. The message's own page offers it for as long as the server undoes it.
import { tell } from "../live/announcer.ts";
import { keepingFocus } from "../live/apply.ts";
import { live } from "../live/live.ts";

const OFFERED_S = 10;
/** How long the server undoes it. */
const LONGEST_MS = 600_000;

/** Shows the form that undoes a removal, with the focus in it. */
export function offer(form: HTMLFormElement, place: Element): void {
  form.dataset.placed = "";
  form.hidden = false;
  place.append(form);
  form.querySelector("button")?.focus({ preventScroll: true });
  tell(form.dataset.told ?? "");
  const began = Date.now();
  let idle = 0;
  const clock = setInterval(() => {
    idle = form.matches(":hover, :has(:focus-visible)") ? 0 : idle + 1;
    if (form.isConnected && idle < OFFERED_S && Date.now() - began < LONGEST_MS) return;
    clearInterval(clock);
    keepingFocus(() => form.remove());
  }, 1_000);
}

/** Takes away what is offered for messages that are back; who was at it is at the message. */
function settle(): void {
  for (const form of document.querySelectorAll<HTMLFormElement>("[data-restore][data-placed]")) {
    const message = document.getElementById(`message-${form.dataset.restore}`);
    const actions = message?.querySelector<HTMLElement>(".message__actions");
    // The page may not show yet that it went.
    if (message?.querySelector(".message__removed")) form.dataset.gone = "";
    if (!actions || form.dataset.gone === undefined) continue;
    const held = form.contains(document.activeElement);
    form.remove();
    if (held) actions.focus({ preventScroll: true });
    tell(form.dataset.restored ?? "");
  }
}

live?.onEvent(settle);
live?.onTakenOver(settle);
