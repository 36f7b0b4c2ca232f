// Builds `dist/`: one script, one sheet, the fonts and the icons, with names that change with their content, and a
// brotli twin of each. `dist/names.txt` maps the names that pages use to the hashed ones.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, extname, join } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";
import { build } from "esbuild";

const DIST = new URL("./dist/", import.meta.url).pathname;
const SOURCE = new URL("./src/", import.meta.url).pathname;
const FONTS = new URL("./node_modules/@fontsource-variable/atkinson-hyperlegible-next/files/", import.meta.url).pathname;
const ICONS = new URL("./node_modules/lucide-static/icons/", import.meta.url).pathname;

const names = [];

function emit(name, content) {
  const bytes = Buffer.from(content);
  const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 12);
  const hashed = `${basename(name, extname(name))}-${hash}${extname(name)}`;
  writeFileSync(join(DIST, hashed), bytes);
  const small = brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } });
  if (small.length < bytes.length) writeFileSync(join(DIST, `${hashed}.br`), small);
  names.push(`${name} ${hashed}`);
  return hashed;
}

function files(folder, kind) {
  return readdirSync(folder, { recursive: true })
    .map((name) => join(folder, name))
    .filter((path) => path.endsWith(kind) && statSync(path).isFile())
    .sort();
}

/** The icons that templates use by name, as symbols of one sprite. */
function sprite() {
  const used = new Set();
  for (const path of files(SOURCE, ".html")) {
    for (const match of readFileSync(path, "utf8").matchAll(/icon\("([a-z0-9-]+)"/g)) used.add(match[1]);
  }
  const symbols = [...used].sort().map((name) => {
    const svg = readFileSync(join(ICONS, `${name}.svg`), "utf8");
    const shapes = svg.replace(/<!--.*?-->/gs, "").replace(/^[\s\S]*?<svg[^>]*>/, "").replace(/<\/svg>\s*$/, "");
    return `<symbol id="${name}" viewBox="0 0 24 24">${shapes.replace(/\s+/g, " ").trim()}</symbol>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>`;
}

rmSync(DIST, { recursive: true, force: true });
mkdirSync(DIST, { recursive: true });

const fonts = Object.fromEntries(
  ["normal", "italic"].map((style) => {
    const name = `atkinson-${style}.woff2`;
    return [name, emit(name, readFileSync(join(FONTS, `atkinson-hyperlegible-next-latin-wght-${style}.woff2`)))];
  }),
);
emit("icons.svg", sprite());
emit("logo.svg", readFileSync(join(SOURCE, "page/logo.svg")));

const script = await build({
  entryPoints: [join(SOURCE, "app.ts")],
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  write: false,
  metafile: true,
  legalComments: "none",
});
// The rooms hear of what is live, and not the other way round.
for (const [path, { imports }] of Object.entries(script.metafile.inputs)) {
  const room = path.includes("src/live/") && imports.find(({ path }) => /src\/(?!live\/)/.test(path));
  if (room) throw new Error(`${path} imports ${room.path}: let the room ask for what it wants to hear of`);
}
emit("app.js", script.outputFiles[0].contents);

// The layers are declared first, so the order of the files does not matter.
let sheet = "@layer reset, tokens, base, kit, rooms, utilities;\n";
for (const path of files(SOURCE, ".css")) sheet += readFileSync(path, "utf8");
for (const [name, hashed] of Object.entries(fonts)) sheet = sheet.replaceAll(`url(${name})`, `url(${hashed})`);
const styles = await build({
  stdin: { contents: sheet, loader: "css" },
  minify: true,
  write: false,
  bundle: false,
  legalComments: "none",
});
emit("app.css", styles.outputFiles[0].contents);

writeFileSync(join(DIST, "names.txt"), `${names.join("\n")}\n`);
