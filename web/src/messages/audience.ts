// Whom one answers: the last who wrote in the open thread, but oneself, as the page says it and as it changes.
import { live } from "../live/live.ts";
import { answered } from "./answered.ts";

/** Of how many it is said. */
const MOST = 3;

function authors(): string[] {
  const names = new Map<string, string>();
  for (const item of [...document.querySelectorAll<HTMLElement>(".thread__messages > [data-position]")].reverse()) {
    const author = item.dataset.author;
    if (names.size >= MOST || !author || author === document.body.dataset.person || names.has(author)) continue;
    names.set(author, item.querySelector(".message__author")?.textContent?.split(" ")[0] ?? "");
  }
  return [...names.values()].reverse();
}

live?.onEvent(({ kind }) => {
  const place = document.querySelector<HTMLElement>("[data-answered]");
  if (place && kind === "message.created") place.textContent = answered(authors(), place.dataset);
});
