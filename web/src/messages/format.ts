// Marks of Markdown around what is selected: each tool says what text takes the place of what, and what is selected then.

/** A change of a text, as the browser's own editing makes it: so it can be undone. */
export interface Edit {
  from: number;
  to: number;
  text: string;
  select: [number, number];
}

/** A tool of the toolbar. */
export type Tool = "bold" | "italic" | "list" | "numbers" | "tasks" | "quote" | "code" | "link" | "table";

/** What a tool does to a text of which a part is selected; `column` is what heads a table's columns. */
export function formatted(tool: Tool, value: string, from: number, to: number, column: string): Edit {
  switch (tool) {
    case "bold":
      return around(value, from, to, "**");
    case "italic":
      return around(value, from, to, "*");
    case "code":
      return value.slice(from, to).includes("\n") ? fenced(value, from, to) : around(value, from, to, "`");
    case "link":
      return link(value, from, to);
    case "table":
      return table(value, from, to, column);
    default:
      return lines(value, from, to, MARKS[tool]);
  }
}

/** What stands before a line of a list or a quote, and how to know that it does. */
interface Mark {
  mark: (line: number) => string;
  known: RegExp;
}

const MARKS: Record<"list" | "numbers" | "tasks" | "quote", Mark> = {
  list: { mark: () => "- ", known: /^- (?!\[[ x]\] )/ },
  numbers: { mark: (line: number) => `${line + 1}. `, known: /^\d+\. / },
  tasks: { mark: () => "- [ ] ", known: /^- \[[ x]\] / },
  quote: { mark: () => "> ", known: /^> ?/ },
};
const ANY = /^(- \[[ x]\] |- |\d+\. )/;

function around(value: string, from: number, to: number, mark: string): Edit {
  // Blanks at the ends would keep the marks from being any.
  while (from < to && /\s/.test(value[from] ?? "")) from++;
  while (to > from && /\s/.test(value[to - 1] ?? "")) to--;
  const inner = value.slice(from, to);
  const [before, after] = [value.slice(0, from), value.slice(to)];
  if (isMarked(before, after, mark)) {
    const start = from - mark.length;
    return { from: start, to: to + mark.length, text: inner, select: [start, start + inner.length] };
  }
  const start = from + mark.length;
  return { from, to, text: mark + inner + mark, select: [start, start + inner.length] };
}

/** Whether the marks are there already: one `*` is not half of two. */
function isMarked(before: string, after: string, mark: string): boolean {
  if (!before.endsWith(mark) || !after.startsWith(mark)) return false;
  if (mark !== "*") return true;
  const stars = /\**$/.exec(before)?.[0].length ?? 0;
  return stars % 2 === 1;
}

function fenced(value: string, from: number, to: number): Edit {
  const text = `\`\`\`\n${value.slice(from, to)}\n\`\`\`\n`;
  const start = value.slice(0, from).endsWith("\n") || from === 0 ? "" : "\n";
  return { from, to, text: start + text, select: [from + start.length + 4, from + start.length + 4 + to - from] };
}

function link(value: string, from: number, to: number): Edit {
  const inner = value.slice(from, to);
  if (/^https?:\/\/\S+$/.test(inner)) return { from, to, text: `[](${inner})`, select: [from + 1, from + 1] };
  const start = from + inner.length + 3;
  return { from, to, text: `[${inner}](https://)`, select: [start, start + "https://".length] };
}

function table(value: string, from: number, to: number, column: string): Edit {
  const before = value.slice(0, from);
  const gap = before === "" || before.endsWith("\n\n") ? "" : before.endsWith("\n") ? "\n" : "\n\n";
  const text = `${gap}| ${column} 1 | ${column} 2 |\n| --- | --- |\n|  |  |\n|  |  |\n`;
  const start = from + gap.length + 2;
  return { from, to, text, select: [start, start + column.length + 2] };
}

/** Marks each line that is touched, or takes the marks away where all have them. */
function lines(value: string, from: number, to: number, { mark, known }: Mark): Edit {
  const start = value.lastIndexOf("\n", from - 1) + 1;
  const end = value.indexOf("\n", Math.max(start, to - (to > from && value[to - 1] === "\n" ? 1 : 0)));
  const stop = end < 0 ? value.length : end;
  const touched = value.slice(start, stop).split("\n");
  const all = touched.every((line) => known.test(line));
  const changed = touched.map((line, number) => {
    if (all) return line.replace(known, "");
    const bare = known === MARKS.quote.known ? line : line.replace(ANY, "");
    return mark(number) + bare;
  });
  const text = changed.join("\n");
  const only = changed.length === 1 && from === to;
  const caret = start + text.length;
  return { from: start, to: stop, text, select: only ? [caret, caret] : [start, start + text.length] };
}
