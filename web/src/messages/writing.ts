// A place where one writes, whatever for: its toolbar, its keys, what is pasted, and what is named by `@` and `#`. What is
// not needed before somebody writes is fetched then.
import { parsed } from "../live/fragments.ts";
import type { Completion } from "./completion.ts";
import { insert } from "./put.ts";
import { format, showToolbar, startToolbar } from "./toolbar.ts";

/** What the keys of a place do beyond it. */
interface Does {
  send(): void;
  /** The arrow up in an empty text. */
  up?(): void;
  /** Escape, once nothing is offered. */
  leave?(): void;
  /** Files that were pasted. */
  files?(files: File[]): void;
}

const TOUCH = matchMedia("(hover: none) and (pointer: coarse)");
/** The beginning of a name, up to the caret. */
const NAMING = /(^|[\s(«"'’])[@#][^\n]{0,60}$/u;
/** What each tool's key is. */
const KEYS = { b: "bold", i: "italic", k: "link" } as const;

export class Writing {
  readonly area: HTMLTextAreaElement;
  #completion: Completion | undefined;

  constructor(
    readonly place: HTMLElement,
    private readonly does: Does,
  ) {
    this.area = place.querySelector("textarea") as HTMLTextAreaElement;
    const bar = place.querySelector<HTMLElement>("[role=toolbar]");
    if (bar) startToolbar(bar, this.area);
    this.show();
    this.area.addEventListener("keydown", (key) => this.#key(key));
    this.area.addEventListener("paste", (paste) => this.#paste(paste));
    for (const moved of ["input", "click", "keyup"]) this.area.addEventListener(moved, (event) => void this.#name(event));
    this.area.addEventListener("blur", () => this.#completion?.close());
    // Who begins to write has all of it, also where the network goes meanwhile.
    const fetchAll = () => void Promise.allSettled([import("./format.ts"), import("./paste.ts"), import("./completion.ts")]);
    this.area.addEventListener("focus", fetchAll, { once: true });
  }

  /** Shows what is of use with a script only. */
  show(): void {
    const [bar, hint] = [this.place.querySelector<HTMLElement>("[role=toolbar]"), this.place.querySelector<HTMLElement>("p[data-script]")];
    if (bar) showToolbar(bar);
    if (!hint) return;
    hint.hidden = TOUCH.matches;
    const described = this.area.getAttribute("aria-describedby")?.split(" ") ?? [];
    if (!described.includes(hint.id)) this.area.setAttribute("aria-describedby", [...described, hint.id].join(" "));
  }

  #key(key: KeyboardEvent): void {
    // What an input method is composing is not ours yet; some say so by this code alone.
    if (key.isComposing || key.keyCode === 229) return;
    if (this.#completion?.key(key)) return key.preventDefault();
    if (key.key === "Enter" && this.#sends(key)) {
      key.preventDefault();
      this.does.send();
    } else if (key.key === "ArrowUp" && this.does.up && this.area.value === "" && !modified(key) && !key.shiftKey) {
      key.preventDefault();
      this.does.up();
    } else if (key.key === "Escape" && this.does.leave) {
      key.preventDefault();
      this.does.leave();
    } else if (key.ctrlKey !== key.metaKey && !key.altKey && !key.shiftKey) this.#tool(key);
  }

  #sends(key: KeyboardEvent): boolean {
    if (key.ctrlKey || key.metaKey) return true;
    return "enterSends" in this.place.dataset && !TOUCH.matches && !key.shiftKey && !key.altKey;
  }

  /** Without a selection Ctrl+K is not the link's. */
  #tool(key: KeyboardEvent): void {
    const tool = KEYS[key.key.toLowerCase() as keyof typeof KEYS];
    if (!tool || (tool === "link" && this.area.selectionStart === this.area.selectionEnd)) return;
    key.preventDefault();
    key.stopPropagation();
    void format(this.area, tool, "");
  }

  #paste(paste: ClipboardEvent): void {
    const [html, text] = [paste.clipboardData?.getData("text/html") ?? "", paste.clipboardData?.getData("text/plain") ?? ""];
    const files = [...(paste.clipboardData?.files ?? [])];
    if (html === "" && text === "" && files.length > 0 && this.does.files) {
      paste.preventDefault();
      this.does.files(files);
    } else if (html !== "") {
      paste.preventDefault();
      void this.#pasteAs(html, text);
    }
  }

  async #pasteAs(html: string, text: string): Promise<void> {
    // Where the network does not bring what reads it, its words are there.
    const paste = await import("./paste.ts").catch(() => undefined);
    const read = paste?.hasStructure(html) ? paste.markdown(parsed(html).body) : text;
    insert(this.area, (read || text).replace(/\r\n?/g, "\n"));
  }

  async #name({ type }: Event): Promise<void> {
    const { value, selectionStart, selectionEnd } = this.area;
    const naming = selectionStart === selectionEnd && NAMING.test(value.slice(0, selectionStart));
    if (!naming) return this.#completion?.close();
    // Where the caret merely passes, nothing is offered that was not.
    if (type !== "input" && !this.#completion?.open) return;
    if (!this.#completion) {
      const loaded = await import("./completion.ts").catch(() => undefined);
      if (loaded) this.#completion ??= new loaded.Completion(this.area, this.place);
    }
    this.#completion?.look();
  }
}

function modified(key: KeyboardEvent): boolean {
  return key.ctrlKey || key.metaKey || key.altKey;
}
