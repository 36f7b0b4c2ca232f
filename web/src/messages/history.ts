// A long thread is read by scrolling: who comes near an end of what is shown is given more of it. The address of the page
// says what it shows, so that whoever comes back to it, or fetches it again, finds the same.
import { live } from "../live/live.ts";

/** How many messages are added at once, and how many a page holds at most. */
const PAGE = 50;
const LONGEST = 300;
/** So many pixels before the end the next messages are asked for. */
const AHEAD = 800;

function list(): HTMLElement | null {
  return document.querySelector<HTMLElement>(".thread__messages");
}

/** Shows more at one end. Where the page would grow too long, as much goes at the other one, which is out of sight. */
function extend(way: string): void {
  const shown = [...(list()?.querySelectorAll<HTMLElement>(":scope > [data-position]") ?? [])];
  const [first, last] = [Number(shown[0]?.dataset.position ?? 1), Number(shown.at(-1)?.dataset.position ?? 0)];
  const from = way === "earlier" ? Math.max(1, first - PAGE) : Math.max(first, last + PAGE - LONGEST + 1);
  const to = way === "earlier" ? Math.min(last, from + LONGEST - 1) : last + PAGE;
  const beyond = Number(document.getElementById("latest")?.dataset.beyond ?? 0);
  // Without a last position the page goes to the end, and live messages join it there.
  const atEnd = to >= last + beyond;
  const address = new URL(location.href);
  address.search = new URLSearchParams({ from: String(from), ...(atEnd ? {} : { to: String(to) }) }).toString();
  address.hash = "";
  history.replaceState(history.state, "", address);
  live?.refresh();
}

const seen = new IntersectionObserver(
  (entries) => {
    const link = entries.find(({ isIntersecting }) => isIntersecting)?.target;
    if (link instanceof HTMLElement) extend(link.dataset.history ?? "");
  },
  { rootMargin: `${AHEAD}px 0px` },
);

/** Watches the ends of what is shown; each look is for one answer of the server. */
function watch(): void {
  seen.disconnect();
  for (const link of document.querySelectorAll("[data-history]")) seen.observe(link);
}

/** The first message in sight, and where on the screen it begins. */
function place(): { id: string; top: number } | undefined {
  const items = [...(list()?.querySelectorAll(":scope > li[id]") ?? [])];
  const item = items.find((item) => item.getBoundingClientRect().bottom > 0);
  return item && { id: item.id, top: item.getBoundingClientRect().top };
}

/** The page opens at what is new, unless its address names a message; without anything new, at the end. Who comes back
 * finds their place, which so many pixels from the top were not while nothing was laid out there (messages.css). */
function open(): void {
  if (!list()) return;
  document.documentElement.dataset.laidOut = "";
  history.scrollRestoration = "manual";
  addEventListener("pagehide", () => history.replaceState({ ...history.state, place: place() }, ""));
  const navigation = performance.getEntriesByType("navigation")[0] as PerformanceNavigationTiming | undefined;
  const left = (history.state as { place?: ReturnType<typeof place> } | null)?.place;
  const item = left && document.getElementById(left.id);
  if (item && (navigation?.type === "back_forward" || navigation?.type === "reload")) {
    scrollBy({ top: item.getBoundingClientRect().top - left.top, behavior: "instant" });
  } else if (location.hash === "") {
    document.getElementById("new-messages")?.scrollIntoView({ block: "center" });
  }
}

open();
// The first look comes after the place is found, or everything above it would be asked for.
requestAnimationFrame(() => requestAnimationFrame(watch));
live?.onTakenOver(() => requestAnimationFrame(watch));
