// The page, fetched again by its own address: what changed is taken over, focus, scroll and what is typed stay.
import { parsed } from "./fragments.ts";
import { keepingFocus, morph } from "./apply.ts";
import { backoff } from "./reducer.ts";
import { givingBack } from "./typed.ts";

/** What came together is fetched together, and not by everybody in the same instant. */
const SPREAD_MS = 300;
/** A page that shows a digest of all that happens is not fetched for each of it. */
const DIGEST_MS = 2_000;
/** How long a page may take to come, to its last byte. */
const PATIENCE_MS = 30_000;

/** The parts of a page that events may change. */
const PARTS = ["header.header", "nav.navigation", "nav.bar", "main", "footer.footer"];

/** A fresh page; or this one is another person's by now; or it stays as it is, since nothing can be had in its place. */
type Fetched = Document | "foreign" | "kept";

/** Fetches the page again, once at a time. */
export class Page {
  #wanted = false;
  /** Whether the reader waits for it. */
  #urgent = false;
  #fetching = false;
  #fetched = 0;

  constructor(private readonly taken: (page: Document) => void) {
    document.addEventListener("visibilitychange", () => void this.#run());
  }

  /** The page lacks something. Nobody looks at a hidden one: it is fetched when somebody does. */
  reload(urgent = false): void {
    this.#wanted = true;
    this.#urgent ||= urgent;
    void this.#run();
  }

  async #run(): Promise<void> {
    if (!this.#wanted || this.#fetching || document.hidden) return;
    this.#fetching = true;
    const digest = document.querySelector("[data-follows]") !== null;
    const since = performance.now() - this.#fetched;
    const pause = Math.max(Math.random() * SPREAD_MS, digest && this.#fetched > 0 ? DIGEST_MS - since : 0);
    await sleep(this.#urgent ? 0 : pause);
    // What is asked for from here on may be missing in the answer.
    this.#wanted = this.#urgent = false;
    const page = await fetched();
    this.#fetched = performance.now();
    this.#fetching = false;
    if (page === "foreign") location.reload();
    else if (page !== "kept") this.#takeOver(page);
    void this.#run();
  }

  #takeOver(page: Document): void {
    keepingNew(page);
    // What scripts make of the new page changes heights, too.
    keepingPlace(() => {
      givingBack(() =>
        keepingFocus(() => {
          for (const part of PARTS) {
            const [old, fresh] = [document.querySelector(part), page.querySelector(part)];
            if (old && fresh) morph(old, fresh);
          }
        }),
      );
      adopt(page);
      this.taken(page);
    });
  }
}

/** What was new when the page was opened stays so for as long as it is open. */
function keepingNew(page: Document): void {
  const marker = document.getElementById("new-messages");
  if (!marker) return;
  page.getElementById("new-messages")?.remove();
  const first = page.getElementById(marker.nextElementSibling?.id ?? "");
  if (marker.matches("li")) first?.before(marker.cloneNode(true));
}

/** The first of some items that does not begin above what is in sight. */
function inSight(items: string): Element | undefined {
  return [...document.querySelectorAll(items)].find((item) => item.getBoundingClientRect().top >= 0);
}

/** The message that holds the focus, where it is in sight: more than any other it is what is read. */
export function held(): Element | undefined {
  const item = document.activeElement?.closest(".thread__messages > li[id]");
  const top = item?.getBoundingClientRect().top ?? -1;
  return item && top >= 0 && top < innerHeight ? item : undefined;
}

/** What is read stays where it is on the screen, whatever comes before it. */
export function keepingPlace(change: () => void): void {
  const top = (item: Element) => item.getBoundingClientRect().top;
  // Beside the messages that are read there are lists that stand still.
  const read = held() ?? [".thread__messages > li[id]", "main li[id]"].map(inSight).find((item) => item);
  const before = read && top(read);
  // Not all browsers keep the place by themselves; those that do would move it once more.
  const { style } = document.documentElement;
  style.setProperty("overflow-anchor", "none");
  change();
  if (read?.isConnected && before !== undefined) scrollBy({ top: top(read) - before, behavior: "instant" });
  requestAnimationFrame(() => requestAnimationFrame(() => style.removeProperty("overflow-anchor")));
}

/** Takes over what stands outside the parts. */
function adopt(page: Document): void {
  for (const fresh of page.querySelectorAll<HTMLTemplateElement>("template[id]")) {
    document.querySelector<HTMLTemplateElement>(`template#${fresh.id}`)?.content.replaceChildren(...fresh.content.childNodes);
  }
  for (const name of ["lang", "data-theme"]) document.documentElement.setAttribute(name, page.documentElement.getAttribute(name) ?? "");
  for (const name of ["epoch", "streams", "locale"]) document.body.dataset[name] = page.body.dataset[name];
  for (const id of ["connection-status", "announcer"]) {
    const [old, fresh] = [document.getElementById(id), page.getElementById(id)];
    for (const { name, value } of fresh?.attributes ?? []) if (name.startsWith("data-")) old?.setAttribute(name, value);
  }
  document.title = page.title;
}

/** The page as it is now, however often it must be asked for. */
export async function fetched(): Promise<Fetched> {
  for (let attempt = 0; ; attempt++) {
    // One that breaks off midway, or does not end, did not come.
    const page = await asked().catch(() => undefined);
    if (page) return page;
    await sleep(500 + backoff(attempt, Math.random));
  }
}

async function asked(): Promise<Fetched | undefined> {
  const answer = await fetch(location.href, { headers: { accept: "text/html" }, signal: AbortSignal.timeout(PATIENCE_MS) });
  // The page answers a form, and has no address of its own: what is typed in it stays.
  if (answer.status === 405) return "kept";
  // A page that is gone, or that one may not read any more, is one too.
  if (answer.status >= 500 || answer.status === 429) return undefined;
  const page = parsed(await answer.text());
  if (page.body.dataset.person === document.body.dataset.person) return page;
  // The session has ended, and the connection says so; or somebody else has signed in.
  return page.body.dataset.person === undefined ? "kept" : "foreign";
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
