// What is being written in one tab: kept over reloads of that tab, and no other tab's business.

interface Draft {
  id: string;
  text: string;
}

/** What was being written under this key; nothing where the browser keeps nothing. */
export function readDraft(key: string): Draft | undefined {
  try {
    return (JSON.parse(sessionStorage.getItem(key) ?? "null") as Draft | null) ?? undefined;
  } catch {
    return undefined;
  }
}

/** Keeps what is being written; an empty text is nothing. */
export function keepDraft(key: string, draft: Draft): void {
  try {
    if (draft.text === "") sessionStorage.removeItem(key);
    else sessionStorage.setItem(key, JSON.stringify(draft));
  } catch {
    // A browser that keeps nothing still sends.
  }
}
