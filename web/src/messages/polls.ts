// Polls: what the reader chose is marked, wherever the page is fetched or changed.
import { live } from "../live/live.ts";

function markChoices(): void {
  const reader = document.body.dataset.person ?? "";
  for (const choice of document.querySelectorAll<HTMLInputElement>("[data-poll] [data-voters]")) {
    const chosen = (choice.dataset.voters ?? "").split(" ").includes(reader);
    // What is being chosen stays so.
    if (choice.checked === choice.defaultChecked) choice.checked = chosen;
    choice.defaultChecked = chosen;
  }
}

live?.onEvent(({ kind }) => {
  if (kind === "vote.set" || kind.startsWith("message.")) markChoices();
});
live?.onTakenOver(markChoices);
markChoices();
