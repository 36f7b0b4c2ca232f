// Who and what is named: `@` offers people, territories and channels, `#` documents, meetings and threads. The server says
// what there is, for this reader and this group; the list is told of by the one announcer.
//
// The text stays a text area, whose own role knows the active option but no "expanded": so it says that it has a list, and
// which of its options is meant.
import { tell } from "../live/announcer.ts";
import { elements } from "../live/fragments.ts";
import { put } from "./put.ts";

const PAUSE_MS = 120;
/** A name of more words than these is not being typed. */
const WORDS = 4;
const NAMING = /(?:^|[\s(«"'’])([@#])([^\n@#]{0,60})$/u;

interface Naming {
  /** Where the sign stands. */
  at: number;
  sign: string;
  words: string;
}

export class Completion {
  readonly #known = new Map<string, Promise<Element | undefined>>();
  #list: HTMLElement | undefined;
  #naming: Naming | undefined;
  /** A name that was taken, or for which nothing was wanted or found: what goes on from there is not looked for. */
  #over: Naming | undefined;
  #timer: number | undefined;

  constructor(
    private readonly area: HTMLTextAreaElement,
    private readonly place: HTMLElement,
  ) {
    area.setAttribute("aria-autocomplete", "list");
    area.setAttribute("aria-haspopup", "listbox");
  }

  /** Whether something is offered. */
  get open(): boolean {
    return this.#list !== undefined;
  }

  /** Looks for what begins like what stands before the caret. */
  look(): void {
    const naming = this.#read();
    clearTimeout(this.#timer);
    if (!naming || this.#isOver(naming)) return this.#hide();
    this.#naming = naming;
    this.#timer = window.setTimeout(() => void this.#ask(naming), PAUSE_MS);
  }

  /** Offers nothing any more. */
  close(): void {
    clearTimeout(this.#timer);
    this.#hide();
    if (!this.#read()) this.#over = undefined;
  }

  /** Whether the key was for what is offered. */
  key({ key, ctrlKey, metaKey, altKey, shiftKey }: KeyboardEvent): boolean {
    const options = [...(this.#list?.querySelectorAll<HTMLElement>("[role=option]") ?? [])];
    if (options.length === 0 || ctrlKey || metaKey || altKey || shiftKey) return false;
    const at = options.findIndex((option) => option.ariaSelected === "true");
    const chosen = options[at];
    if (key === "ArrowDown" || key === "ArrowUp") {
      this.#select(options[(at + (key === "ArrowDown" ? 1 : options.length - 1)) % options.length]);
    } else if ((key === "Enter" || key === "Tab") && chosen) {
      this.#take(chosen);
    } else if (key === "Escape") {
      this.#over = this.#naming;
      this.#hide();
    } else return false;
    return true;
  }

  #read(): Naming | undefined {
    const before = this.area.value.slice(0, this.area.selectionStart);
    const [, sign, words] = NAMING.exec(before) ?? [];
    if (sign === undefined || words === undefined || words.split(" ").length > WORDS) return undefined;
    // A `#` by itself begins a heading, and a blank after a sign ends it.
    if (words.startsWith(" ") || (sign === "#" && words === "")) return undefined;
    return { at: before.length - words.length - 1, sign, words };
  }

  #isOver({ at, sign, words }: Naming): boolean {
    const over = this.#over;
    return over !== undefined && over.at === at && over.sign === sign && words.startsWith(over.words);
  }

  async #ask(naming: Naming): Promise<void> {
    const list = await this.#found(naming);
    if (this.#naming !== naming || this.#isOver(naming) || document.activeElement !== this.area) return;
    if (list?.querySelector("[role=option]")) return this.#show(list.cloneNode(true) as HTMLElement);
    this.#over = list ? naming : undefined;
    if (this.#list) tell((list as HTMLElement | undefined)?.dataset.count ?? "");
    this.#hide();
  }

  #found({ sign, words }: Naming): Promise<Element | undefined> {
    const asked = `${this.place.dataset.writing}/completion?of=${sign === "@" ? "people" : "things"}&q=${encodeURIComponent(words.toLowerCase())}`;
    let found = this.#known.get(asked);
    if (!found) {
      found = fetch(asked, { headers: { accept: "text/html" } })
        .then(async (answer) => (answer.ok ? elements(await answer.text())[0] : Promise.reject(answer.status)))
        .catch(() => {
          // What could not be had is asked for again.
          this.#known.delete(asked);
          return undefined;
        });
      this.#known.set(asked, found);
    }
    return found;
  }

  #show(list: HTMLElement): void {
    this.#hide();
    list.id = `${this.area.id}-completion`;
    list.dataset.placed = "";
    for (const [number, option] of list.querySelectorAll("[role=option]").entries()) option.id = `${list.id}-${number}`;
    list.addEventListener("pointerdown", (down) => {
      down.preventDefault();
      const option = down.target instanceof Element ? down.target.closest<HTMLElement>("[role=option]") : null;
      if (option) this.#take(option);
    });
    this.#list = list;
    this.place.append(list);
    this.area.setAttribute("aria-controls", list.id);
    this.#select(list.querySelector<HTMLElement>("[role=option]") ?? undefined);
    tell(list.dataset.count ?? "");
  }

  #hide(): void {
    this.#list?.remove();
    this.#list = this.#naming = undefined;
    for (const name of ["aria-controls", "aria-activedescendant"]) this.area.removeAttribute(name);
  }

  #select(option: HTMLElement | undefined): void {
    if (!option) return;
    for (const other of this.#list?.querySelectorAll("[role=option]") ?? []) other.ariaSelected = String(other === option);
    this.area.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  }

  #take(option: HTMLElement): void {
    const naming = this.#naming ?? this.#read();
    if (!naming) return;
    const text = option.dataset.text ?? "";
    const end = naming.at + text.length;
    this.#over = { ...naming, words: text.slice(1, -1) };
    this.#hide();
    put(this.area, { from: naming.at, to: this.area.selectionStart, text, select: [end, end] });
  }
}
