// Who is writing, as far as it was told: over by time alone, or when what they wrote arrives.

/** More of a thread are not told. */
const MANY = 3;

/** Who writes in the open thread. */
export class Typists {
  readonly #until = new Map<string, { name: string; until: number }>();

  /** Somebody writes, and that holds until then. */
  hear(person: string, name: string, until: number): void {
    this.#until.set(person, { name, until });
  }

  /** Somebody writes no more. */
  stop(person: string): void {
    this.#until.delete(person);
  }

  /** Nobody writes. */
  clear(): void {
    this.#until.clear();
  }

  /** The names of those who write, in the order in which they began. */
  names(now: number): string[] {
    for (const [person, { until }] of this.#until) if (until <= now) this.#until.delete(person);
    return [...this.#until.values()].map(({ name }) => name);
  }

  /** When the next of them is over, if anybody writes. */
  next(): number | undefined {
    return this.#until.size === 0 ? undefined : Math.min(...[...this.#until.values()].map(({ until }) => until));
  }
}

/** The sentence about these people, by the labels of the page. */
export function sentence(names: string[], labels: Record<string, string | undefined>): string {
  const [a, b] = names;
  if (a === undefined) return "";
  if (b === undefined) return (labels.one ?? "").replace("{a}", () => a);
  if (names.length >= MANY) return labels.many ?? "";
  return (labels.two ?? "").replace("{a}", () => first(a)).replace("{b}", () => first(b));
}

function first(name: string): string {
  return name.split(" ", 1)[0] ?? name;
}
