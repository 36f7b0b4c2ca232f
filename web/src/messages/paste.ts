// What is pasted from Word, a mail or a page becomes Markdown: lists, links, tables, quotes and emphasis stay, the looks go.

/** What the reading of a fragment needs of the DOM. */
interface Part {
  nodeType: number;
  nodeName: string;
  textContent: string | null;
  childNodes: ArrayLike<Part>;
  getAttribute?(name: string): string | null;
}

const [ELEMENT, TEXT] = [1, 3];
const GONE = /^(style|script|head|title|meta|link|template|o:p|xml|img|svg|object|iframe|button|input|select|textarea)$/;
const BLOCK = /^(p|div|section|article|header|footer|main|aside|figure|figcaption|address|dl|dt|dd|form|fieldset|center|body|html)$/;
/** What makes a fragment more than its plain text. */
const STRUCTURE =
  /<(a\s[^>]*href|ul|ol|li|b|strong|i|em|table|blockquote|h[1-6]|pre|code|del|s)[\s>]|mso-list|font-weight:\s*(bold|[6-9]00)|font-style:\s*italic/i;

/** Whether there is something in a fragment that its plain text would lose. */
export function hasStructure(html: string): boolean {
  return STRUCTURE.test(html);
}

/** A fragment as Markdown. */
export function markdown(root: Part): string {
  return tidy(blocks(root));
}

interface Emphasis {
  bold: boolean;
  italic: boolean;
}

const PLAIN: Emphasis = { bold: false, italic: false };

/** The blocks of a part, with an empty line between two. */
function blocks(part: Part): string {
  const out: string[] = [];
  let line = "";
  let word: WordItem[] = [];
  const endLine = () => {
    if (line.trim() !== "") out.push(squeezed(line));
    line = "";
  };
  const endList = () => {
    if (word.length > 0) out.push(wordList(word));
    word = [];
  };
  for (const child of children(part)) {
    const name = nameOf(child);
    if (child.nodeType === ELEMENT && GONE.test(name)) continue;
    const item = wordItem(child);
    if (item) {
      endLine();
      if (word[0] && word[0].list !== item.list) endList();
      word.push(item);
      continue;
    }
    if (isBlock(child)) {
      endLine();
      const text = block(child, name);
      if (text.trim() === "") continue;
      endList();
      out.push(text);
    } else {
      const text = inline(child, PLAIN);
      if (text.trim() !== "") endList();
      line += text;
    }
  }
  endLine();
  endList();
  return out.join("\n\n");
}

function block(part: Part, name: string): string {
  if (/^h[1-6]$/.test(name)) {
    const text = inlines(part, { bold: true, italic: false }).trim().replace(/\n+/g, " ");
    return text && `**${text}**`;
  }
  if (name === "ul" || name === "ol") return list(part, name === "ol");
  if (name === "table") return table(part);
  if (name === "blockquote") return prefixed(blocks(part), "> ", "> ");
  if (name === "pre") return `\`\`\`\n${(part.textContent ?? "").replace(/\n$/, "")}\n\`\`\``;
  if (name === "hr") return "---";
  if (name === "li") return prefixed(blocks(part), "- ", "  ");
  return [...children(part)].some((child) => isBlock(child) || wordItem(child)) ? blocks(part) : squeezed(inlines(part, PLAIN));
}

/** A line that is words alone: no heading and no quote, whatever it begins with. */
function squeezed(text: string): string {
  return text.trim().replace(/ {2,}/g, " ").replace(/^(#|>)/, "\\$1");
}

function list(part: Part, ordered: boolean): string {
  const items: string[] = [];
  let number = Number(part.getAttribute?.("start") ?? 1) || 1;
  for (const child of children(part)) {
    const name = nameOf(child);
    if (name === "ul" || name === "ol") {
      // Some programs put a nested list beside its item.
      items.push(prefixed(list(child, name === "ol"), "  ", "  "));
    } else if (name === "li") {
      const mark = ordered ? `${number++}. ` : "- ";
      const text = blocks(child).replace(/\n\n(?=\s*(-|\d+\.) )/g, "\n");
      items.push(prefixed(text, mark, " ".repeat(mark.length)));
    }
  }
  return items.filter((item) => item.trim() !== "").join("\n");
}

interface WordItem {
  /** Which of the document's lists it is of. */
  list: string;
  level: number;
  ordered: boolean;
  text: string;
}

/** A paragraph that Word draws as an item of a list: its mark is text, its level is in its style. */
function wordItem(part: Part): WordItem | undefined {
  if (part.nodeType !== ELEMENT) return undefined;
  const style = part.getAttribute?.("style") ?? "";
  const [, list = "", level] = /mso-list:\s*(\S+)\s+level(\d+)/i.exec(style) ?? [];
  const named = /MsoListParagraph/i.test(part.getAttribute?.("class") ?? "");
  if (level === undefined && !named) return undefined;
  const whole = inlines(part, PLAIN, true).trim();
  const mark = wordMark(part) ?? /^([·•▪◦o§Øü–-]|\(?[0-9]{1,3}[.)]|\(?[a-zA-Z][.)])\s+/.exec(whole)?.[0]?.trim();
  if (level === undefined && mark === undefined) return undefined;
  const text = mark && whole.startsWith(mark) ? whole.slice(mark.length).trim() : whole;
  return { list, level: Number(level ?? 1), ordered: /^\(?([0-9]+|[a-zA-Z]|[ivxIVX]+)[.)]$/.test(mark ?? ""), text };
}

/** The mark of an item, where Word says that it draws it. */
function wordMark(part: Part): string | undefined {
  for (const child of children(part)) {
    if (child.nodeType !== ELEMENT) continue;
    if (/mso-list:\s*ignore/i.test(child.getAttribute?.("style") ?? "")) return (child.textContent ?? "").replace(/[\s\u00a0]+/g, " ").trim();
    const inner = wordMark(child);
    if (inner !== undefined) return inner;
  }
  return undefined;
}

function wordList(items: WordItem[]): string {
  const numbers: number[] = [];
  const first = Math.min(...items.map(({ level }) => level));
  return items
    .map(({ level, ordered, text }) => {
      const depth = level - first;
      numbers.length = depth + 1;
      numbers[depth] = (numbers[depth] ?? 0) + 1;
      const indent = "   ".repeat(depth);
      return prefixed(text, indent + (ordered ? `${numbers[depth]}. ` : "- "), `${indent}   `);
    })
    .join("\n");
}

function table(part: Part): string {
  const rows = descendants(part, "tr").map((row) =>
    [...children(row)]
      .filter((cell) => /^t[dh]$/.test(nameOf(cell)))
      .map((cell) => blocks(cell).replace(/\s*\n+\s*/g, " ").replace(/\|/g, "\\|").trim()),
  );
  const width = Math.max(0, ...rows.map((row) => row.length));
  const filled = rows.filter((row) => row.some((cell) => cell !== ""));
  // A table of one column or one row is how a program lays text out.
  if (width < 2 || filled.length < 2) return filled.flat().filter(Boolean).join("\n\n");
  const line = (row: string[]) => `| ${Array.from({ length: width }, (_, at) => row[at] ?? "").join(" | ")} |`;
  const [head, ...body] = filled;
  return [line(head ?? []), line(Array(width).fill("---") as string[]), ...body.map(line)].join("\n");
}

function inlines(part: Part, emphasis: Emphasis, marks = false): string {
  return [...children(part)].map((child) => inline(child, emphasis, marks)).join("");
}

/** A part within a line. `marks` keeps the marks that Word draws, for who looks for them. */
function inline(part: Part, emphasis: Emphasis, marks = false): string {
  if (part.nodeType === TEXT) return escaped((part.textContent ?? "").replace(/[\s\u00a0]+/g, " "));
  if (part.nodeType !== ELEMENT) return "";
  const name = nameOf(part);
  if (GONE.test(name)) return "";
  if (name === "br") return "\n";
  if (name === "code" || name === "tt" || name === "kbd") return `\`${part.textContent ?? ""}\``;
  const style = part.getAttribute?.("style") ?? "";
  if (!marks && /mso-list:\s*ignore/i.test(style)) return "";
  const [bold, italic] = [isBold(name, style), isItalic(name, style)];
  const inner = inlines(part, { bold: emphasis.bold || bold, italic: emphasis.italic || italic }, marks);
  if (name === "a") return link(part, inner);
  if (name === "del" || name === "s" || name === "strike") return marked(inner, "~~");
  let text = inner;
  if (italic && !emphasis.italic) text = marked(text, "*");
  if (bold && !emphasis.bold) text = marked(text, "**");
  // Cells and blocks within a line are words apart.
  return isBlock(part) ? ` ${text} ` : text;
}

function link(part: Part, text: string): string {
  const address = part.getAttribute?.("href")?.trim() ?? "";
  const words = text.trim().replace(/\n+/g, " ");
  if (words === "" || !/^(https?:|mailto:)/i.test(address)) return text;
  const blank = (at: RegExp) => at.exec(text)?.[0] ?? "";
  const bare = words.replace(/\\/g, "");
  const plain = bare === address || `mailto:${bare}` === address;
  return blank(/^\s*/) + (plain ? bare : `[${words}](${address.replace(/[()\s<>]/g, encodeURIComponent)})`) + blank(/\s*$/);
}

/** Marks that touch a blank are none: they go inside of it. */
function marked(text: string, mark: string): string {
  const [, before, inner, after] = /^(\s*)([\s\S]*?)(\s*)$/.exec(text) ?? [];
  if (!inner) return text;
  return before + inner.split(/\n+/).map((line) => (line.trim() ? mark + line.trim() + mark : "")).join("\n") + after;
}

function isBold(name: string, style: string): boolean {
  if (/(^|[;\s])font-weight:\s*(normal|[1-4]00)/i.test(style)) return false;
  return name === "b" || name === "strong" || /(^|[;\s])font-weight:\s*(bold|[6-9]00)/i.test(style);
}

function isItalic(name: string, style: string): boolean {
  if (/(^|[;\s])font-style:\s*normal/i.test(style)) return false;
  return name === "i" || name === "em" || /(^|[;\s])font-style:\s*italic/i.test(style);
}

/** A text in which nothing is taken for a mark. */
function escaped(text: string): string {
  return text.replace(/[\\`*_[\]~]/g, (mark, at: number) => {
    const [before, after] = [text[at - 1] ?? " ", text[at + 1] ?? " "];
    // Between letters and digits an underscore is no mark.
    return mark === "_" && /[\p{L}\p{N}]/u.test(before) && /[\p{L}\p{N}]/u.test(after) ? mark : `\\${mark}`;
  });
}

function prefixed(text: string, first: string, others: string): string {
  return text
    .split("\n")
    .map((line, number) => (number === 0 ? first + line : line === "" ? others.trimEnd() : others + line))
    .join("\n");
}

function isBlock(part: Part): boolean {
  return part.nodeType === ELEMENT && (BLOCK.test(nameOf(part)) || /^(ul|ol|li|table|blockquote|pre|hr|h[1-6])$/.test(nameOf(part)) || holdsBlock(part));
}

/** Whether a part of a line holds blocks: some programs put a whole page into a `<b>`. */
function holdsBlock(part: Part): boolean {
  return /^(b|span|font|i|strong|em)$/.test(nameOf(part)) && [...children(part)].some(isBlock);
}

function descendants(part: Part, name: string): Part[] {
  return [...children(part)].flatMap((child) => (nameOf(child) === name ? [child] : nameOf(child) === "table" ? [] : descendants(child, name)));
}

function children(part: Part): Part[] {
  return Array.from(part.childNodes);
}

function nameOf(part: Part): string {
  return part.nodeType === ELEMENT ? part.nodeName.toLowerCase() : "";
}

function tidy(text: string): string {
  return text
    .split("\n")
    .map((line) => line.trimEnd())
    .join("\n")
    .replace(/\n{3,}/g, "\n\n")
    .trim();
}
