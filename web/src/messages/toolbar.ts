// The toolbar of a place where one writes: one stop of the Tab key, arrows between its buttons.
import type { Tool } from "./format.ts";
import { put } from "./put.ts";

/** Shows the toolbar, and does what its buttons say. */
export function startToolbar(bar: HTMLElement, area: HTMLTextAreaElement): void {
  bar.addEventListener("click", ({ target }) => {
    const tool = target instanceof Element ? target.closest<HTMLElement>("[data-tool]")?.dataset.tool : undefined;
    if (tool) void format(area, tool as Tool, bar.dataset.column ?? "");
  });
  bar.addEventListener("keydown", (key) => {
    const all = buttons(bar);
    const at = all.indexOf(document.activeElement as HTMLElement);
    const next = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: all.length - 1 }[key.key];
    if (next === undefined || at < 0) return;
    key.preventDefault();
    all[(next + all.length) % all.length]?.focus();
  });
  bar.addEventListener("focusin", ({ target }) => {
    for (const button of buttons(bar)) button.tabIndex = button === target ? 0 : -1;
  });
  showToolbar(bar);
}

/** A page that is taken over brings it as who has no script sees it. */
export function showToolbar(bar: HTMLElement): void {
  bar.hidden = false;
  const all = buttons(bar);
  const held = all.find((button) => button === document.activeElement) ?? all[0];
  for (const button of all) button.tabIndex = button === held ? 0 : -1;
}

/** Does what a tool does to what is selected. */
export async function format(area: HTMLTextAreaElement, tool: Tool, column: string): Promise<void> {
  const loaded = await import("./format.ts").catch(() => undefined);
  if (loaded) put(area, loaded.formatted(tool, area.value, area.selectionStart, area.selectionEnd, column));
}

function buttons(bar: HTMLElement): HTMLElement[] {
  return [...bar.querySelectorAll<HTMLElement>("[data-tool]")];
}
