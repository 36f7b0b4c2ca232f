// Files that go with what is being written: each goes up at once, by itself, and says how far it is; what is refused is
// told beside it, in words, and can be tried again.
import { tell } from "../live/announcer.ts";
import { copied } from "../live/fragments.ts";
import type { Attached } from "./store.ts";

type State = "goes" | "stored" | "failed";

/** The files of one form. */
export class Uploads {
  readonly #all = new Set<Upload>();

  constructor(
    private readonly list: HTMLElement,
    private readonly group: string,
    private readonly changed: () => void,
  ) {}

  /** Sends files up. */
  add(files: Iterable<File>): void {
    for (const file of files) this.#make({ name: file.name, size: file.size })?.start(file, this.group);
    this.changed();
  }

  /** Takes up files that are on the server already. */
  adopt(attached: readonly Attached[]): void {
    const known = new Set([...this.list.querySelectorAll<HTMLInputElement>("[name=attachments]")].map(({ value }) => value));
    for (const file of attached) if (!known.has(file.id)) this.#make(file)?.stored(file.id);
  }

  /** How many are in this state. */
  count(state: State): number {
    return [...this.#all].filter((upload) => upload.state === state).length;
  }

  #make(file: { name: string; size: number }): Upload | undefined {
    const item = copied("file-chip");
    if (!item) return undefined;
    const upload = new Upload(item, file, this.list.dataset, () => {
      if (upload.gone) this.#all.delete(upload);
      this.changed();
    });
    this.#all.add(upload);
    this.list.append(item);
    return upload;
  }
}

class Upload {
  state: State = "goes";
  gone = false;
  #request: XMLHttpRequest | undefined;
  #again: () => void = () => undefined;

  constructor(
    private readonly item: HTMLElement,
    private readonly file: { name: string; size: number },
    private readonly labels: DOMStringMap,
    private readonly changed: () => void,
  ) {
    this.#part("[data-name]").textContent = file.name;
    this.#part("[data-size]").textContent = inWords(file.size);
    this.#part("progress").setAttribute("aria-label", file.name);
    item.dataset.size = String(file.size);
    for (const button of item.querySelectorAll<HTMLElement>("[data-file-do]")) {
      button.ariaLabel = (button.dataset.label ?? "").replace("{name}", () => file.name);
      button.addEventListener("click", () => this.#do(button.dataset.fileDo));
    }
    this.#show("goes");
  }

  start(file: File, group: string): void {
    this.#again = () => this.start(file, group);
    const request = new XMLHttpRequest();
    this.#request = request;
    request.open("POST", `/api/v1/groups/${group}/files`);
    request.setRequestHeader("accept", "application/json");
    request.responseType = "json";
    request.upload.onprogress = ({ loaded, total }) => this.#progress(Math.floor((loaded / Math.max(total, 1)) * 100));
    request.onload = () => this.#answered(request);
    request.onerror = () => this.#failed(this.labels.failed ?? "");
    request.onabort = () => this.#failed(this.labels.cancelled ?? "");
    const form = new FormData();
    form.append("file", file);
    this.#progress(0);
    this.#show("goes");
    request.send(form);
  }

  /** It is on the server under this id, which goes with the form. */
  stored(id: string): void {
    const input = document.createElement("input");
    Object.assign(input, { type: "hidden", name: "attachments", value: id });
    this.item.append(input);
    this.#show("stored");
  }

  #answered({ status, response }: XMLHttpRequest): void {
    const said = response as { id?: string; detail?: string; errors?: { detail: string }[] } | null;
    if (status !== 201 || !said?.id) return this.#failed(said?.errors?.[0]?.detail ?? said?.detail ?? this.labels.failed ?? "");
    this.stored(said.id);
    tell((this.labels.attached ?? "").replace("{name}", () => this.file.name));
    this.changed();
  }

  #failed(why: string): void {
    this.#part("[data-why]").textContent = why;
    const held = this.item.contains(document.activeElement);
    this.#show("failed");
    // Who held the button that goes has the one that comes.
    if (held) this.item.querySelector<HTMLElement>("[data-file-do=retry]")?.focus();
    tell(`${this.file.name} — ${why}`);
    this.changed();
  }

  #do(what: string | undefined): void {
    if (what === "cancel") return this.#request?.abort();
    if (what === "retry") {
      this.#again();
      this.item.querySelector<HTMLElement>("[data-file-do=cancel]")?.focus();
    } else {
      const next = this.item.nextElementSibling ?? this.item.previousElementSibling;
      const to = next?.querySelector<HTMLElement>("button:not([hidden])") ?? this.item.closest("form")?.querySelector<HTMLElement>("textarea");
      this.item.remove();
      this.gone = true;
      to?.focus({ preventScroll: true });
    }
    this.changed();
  }

  #progress(percent: number): void {
    const [bar, words] = [this.item.querySelector("progress"), this.#part("[data-done]")];
    if (bar) bar.value = percent;
    words.textContent = (words.dataset.sending ?? "").replace("{n}", String(percent));
  }

  #show(state: State): void {
    this.state = state;
    this.item.dataset.state = state;
    for (const part of this.item.querySelectorAll<HTMLElement>("[data-when]")) part.hidden = !part.dataset.when?.split(" ").includes(state);
  }

  #part(selector: string): HTMLElement {
    return this.item.querySelector(selector) as HTMLElement;
  }
}

function inWords(bytes: number): string {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte"];
  let [size, unit] = [bytes, 0];
  while (size >= 1000 && unit < units.length - 1) [size, unit] = [size / 1000, unit + 1];
  return new Intl.NumberFormat(document.documentElement.lang, { style: "unit", unit: units[unit], maximumFractionDigits: size < 10 && unit > 0 ? 1 : 0 }).format(size);
}
