// How a text will look, as the server will print it: below the text, and kept up with it as long as it is shown.
import { tell } from "../live/announcer.ts";
import { parsed } from "../live/fragments.ts";

const PAUSE_MS = 600;

/** Shows how what is written will look, or no more. */
export class Preview {
  #timer: number | undefined;
  #asked = 0;

  constructor(
    private readonly area: HTMLTextAreaElement,
    private readonly button: HTMLElement,
    private readonly at: HTMLElement,
  ) {
    area.addEventListener("input", () => {
      clearTimeout(this.#timer);
      if (area.value.trim() === "") this.hide();
      else if (!at.hidden) this.#timer = window.setTimeout(() => void this.#look(), PAUSE_MS);
    });
  }

  async toggle(): Promise<void> {
    if (!this.at.hidden) return this.hide();
    await this.#look();
    tell(this.at.dataset.shown ?? "");
  }

  hide(): void {
    this.at.hidden = true;
    this.button.ariaExpanded = "false";
  }

  async #look(): Promise<void> {
    const asked = ++this.#asked;
    const body = JSON.stringify({ body: this.area.value });
    const answer = await fetch("/api/v1/preview", { method: "POST", headers: { "content-type": "application/json" }, body }).catch(() => undefined);
    const said = (await answer?.json().catch(() => undefined)) as { html?: string; errors?: { detail: string }[] } | undefined;
    if (asked !== this.#asked) return;
    const shown = document.createElement("div");
    if (said?.html !== undefined) {
      shown.className = "message__body";
      // Text that stands for itself is no element.
      shown.append(...parsed(said.html).body.childNodes);
    } else shown.textContent = said?.errors?.[0]?.detail ?? this.at.dataset.failed ?? "";
    this.at.replaceChildren(shown);
    this.at.hidden = false;
    this.button.ariaExpanded = "true";
  }
}
