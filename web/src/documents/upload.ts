// Forms with files: files may be dropped on the page, and a form that brings some shows how far it is. What is refused is
// told beside the form, which stays as it is: nothing typed is lost, and no file need be chosen again.

class Upload {
  readonly #input: HTMLInputElement;
  readonly #state: HTMLElement;
  #request: XMLHttpRequest | undefined;

  constructor(private readonly form: HTMLFormElement) {
    this.#input = form.querySelector("input[type=file]") as HTMLInputElement;
    this.#state = form.querySelector("[data-upload]") as HTMLElement;
    form.addEventListener("submit", (submit) => this.#submit(submit));
    this.#state.querySelector("button")?.addEventListener("click", () => this.#request?.abort());
  }

  /** Whether the form can be seen; one in closed details is opened by a drop. */
  get open(): boolean {
    return this.form.checkVisibility();
  }

  /** Shows that what is held over the page would come here. */
  offer(dragged: boolean): void {
    this.form.toggleAttribute("data-dropping", dragged);
  }

  /** Takes dropped files, beside those that were chosen where there may be several. */
  take(files: FileList): void {
    const chosen = new DataTransfer();
    const kept = this.#input.multiple ? [...(this.#input.files ?? []), ...files] : [...files].slice(0, 1);
    for (const file of kept) chosen.items.add(file);
    this.#input.files = chosen.files;
    this.form.closest("details")?.setAttribute("open", "");
    this.#input.dispatchEvent(new Event("change", { bubbles: true }));
    this.#input.focus();
  }

  #submit(submit: SubmitEvent): void {
    if (submit.defaultPrevented || this.#request || !this.#input.files?.length) return;
    submit.preventDefault();
    const request = new XMLHttpRequest();
    this.#request = request;
    request.open("POST", this.form.action);
    request.setRequestHeader("accept", "text/html");
    request.responseType = "document";
    request.upload.onprogress = ({ loaded, total }) => this.#show(Math.round((loaded / total) * 100));
    request.onload = () => this.#answered(request);
    request.onerror = () => this.#end(this.#state.dataset.failed ?? "");
    request.onabort = () => this.#end("");
    this.#show(0);
    request.send(new FormData(this.form));
  }

  /** Where the server leads on, the page goes; otherwise the answer says why not. */
  #answered(request: XMLHttpRequest): void {
    const [led, asked] = [new URL(request.responseURL), new URL(this.form.action, location.href)];
    if (request.status < 400 && led.pathname !== asked.pathname) {
      // The same page with something new in it is fetched again.
      if (led.pathname === location.pathname && led.search === location.search) {
        // Some browsers fill a form in again when its page is fetched again.
        this.form.reset();
        location.reload();
      } else location.assign(led);
      return;
    }
    const page = request.responseXML;
    const faults = [...(page?.querySelectorAll("#faults li, .field__error") ?? [])].map((fault) => fault.textContent?.trim());
    const said = faults.filter(Boolean)[0] ?? page?.querySelector("h1 + p")?.textContent?.trim();
    this.#end(said || (this.#state.dataset.failed ?? ""));
  }

  #show(percent: number): void {
    const [bar, words] = [this.#state.querySelector("progress"), this.#state.querySelector("span")];
    this.#state.hidden = false;
    if (bar) bar.value = percent;
    if (words) words.textContent = (this.#state.dataset.sending ?? "").replace("{n}", String(percent));
    this.#refuse("");
  }

  #end(why: string): void {
    this.#request = undefined;
    this.#state.hidden = true;
    this.#refuse(why);
  }

  #refuse(why: string): void {
    const place = this.form.querySelector("[data-upload-refused]");
    if (place) place.textContent = why;
  }
}

const uploads = [...document.querySelectorAll<HTMLFormElement>("form:has([data-upload])")].map((form) => new Upload(form));
const holdsFiles = (drag: DragEvent) => drag.dataTransfer?.types.includes("Files") ?? false;

/** Without a form that takes them, files dropped by mistake would replace the page and what is typed in it. */
for (const name of ["dragover", "dragleave", "drop"] as const) {
  addEventListener(name, (drag) => {
    if (!holdsFiles(drag)) return;
    drag.preventDefault();
    const taker = uploads.find((upload) => upload.open) ?? uploads[0];
    const files = drag.dataTransfer?.files;
    taker?.offer(name === "dragover");
    if (name === "drop" && files?.length) taker?.take(files);
  });
}
