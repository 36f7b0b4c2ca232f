// What of the server's streams the page shows.

/** The thread that the page shows. */
export function openThread(): string | undefined {
  return document.querySelector<HTMLElement>("section[data-thread]")?.dataset.thread;
}
