// The switcher: Ctrl+K, some letters of a name, Enter. A combobox whose list the server writes (ARIA 1.2).
import { elements } from "../live/fragments.ts";

/** How long the letters are gathered before the server is asked. */
const GATHER_MS = 120;

/** The dialog, on a page that has one. */
class Switcher {
  readonly #dialog: HTMLDialogElement;
  readonly #field: HTMLInputElement;
  #asking = new AbortController();
  #timer: number | undefined;
  #chosen = -1;

  constructor(dialog: HTMLDialogElement) {
    this.#dialog = dialog;
    this.#field = dialog.querySelector("input") as HTMLInputElement;
    this.#field.addEventListener("input", () => {
      clearTimeout(this.#timer);
      // Enter would lead to a place of what was typed before.
      this.#choose(-1);
      this.#timer = window.setTimeout(() => void this.#ask(), GATHER_MS);
    });
    this.#field.addEventListener("keydown", (event) => this.#press(event));
    dialog.addEventListener("click", ({ target }) => {
      if (target === dialog || (target as Element).closest("[data-close]")) dialog.close();
    });
    dialog.addEventListener("close", () => clearTimeout(this.#timer));
  }

  open(): void {
    if (this.#dialog.open) return;
    this.#field.value = "";
    this.#dialog.showModal();
    void this.#ask();
  }

  #list(): HTMLElement | null {
    return this.#dialog.querySelector("#switcher-list");
  }

  /** Asks for the places, unless more is typed meanwhile. */
  async #ask(): Promise<void> {
    this.#asking.abort();
    const asking = (this.#asking = new AbortController());
    try {
      const { places } = this.#dialog.dataset;
      const answer = await fetch(`${places}?q=${encodeURIComponent(this.#field.value)}`, { signal: asking.signal });
      const [list] = answer.ok ? elements(await answer.text()) : [];
      if (list && !asking.signal.aborted) this.#show(list as HTMLElement);
    } catch {
      // More was typed, or the network is away: Enter still searches.
    }
  }

  #show(list: HTMLElement): void {
    this.#list()?.replaceWith(list);
    this.#field.setAttribute("aria-expanded", String(!list.hidden));
    this.#choose(this.#field.value.trim() && list.children.length ? 0 : -1);
    const status = this.#dialog.querySelector("#switcher-status");
    if (status) status.textContent = list.dataset.count ?? "";
  }

  #choose(place: number): void {
    this.#chosen = place;
    const places = [...(this.#list()?.children ?? [])];
    for (const [at, option] of places.entries()) option.setAttribute("aria-selected", String(at === place));
    const option = places[place];
    option?.scrollIntoView({ block: "nearest" });
    if (option) this.#field.setAttribute("aria-activedescendant", option.id);
    else this.#field.removeAttribute("aria-activedescendant");
  }

  #press(event: KeyboardEvent): void {
    const places = this.#list()?.children ?? [];
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && places.length) {
      const from = step < 0 ? Math.max(this.#chosen, 0) : this.#chosen;
      this.#choose((from + step + places.length) % places.length);
    } else if (event.key === "Enter" && places[this.#chosen] && !event.isComposing) {
      (places[this.#chosen] as HTMLElement).click();
    } else {
      return;
    }
    event.preventDefault();
  }
}

const dialog = document.querySelector<HTMLDialogElement>("#switcher");
if (dialog) {
  const switcher = new Switcher(dialog);
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey || event.key.toLowerCase() !== "k") return;
    event.preventDefault();
    switcher.open();
  });
  document.addEventListener("submit", (event) => {
    if (!(event.target as Element).matches("[data-switcher]")) return;
    event.preventDefault();
    switcher.open();
  });
}
