// Builds `dist/`: the script with the parts that it fetches when they are needed, one sheet, the fonts and the icons, with
// names that change with their content, and a brotli twin of each. `dist/names.txt` maps the names that pages use to the
// hashed ones.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, extname, join } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";
import { build } from "esbuild";

const DIST = new URL("./dist/", import.meta.url).pathname;
const SOURCE = new URL("./src/", import.meta.url).pathname;
const FONTS = new URL("./node_modules/@fontsource-variable/atkinson-hyperlegible-next/files/", import.meta.url).pathname;
const ICONS = new URL("./node_modules/lucide-static/icons/", import.meta.url).pathname;

/** What a page may cost before anybody touches it, in bytes as they travel. */
const BUDGETS = { script: 25 * 1024, sheet: 8 * 1024 };

const names = [];

function emit(name, content) {
  const bytes = Buffer.from(content);
  const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 12);
  const hashed = `${basename(name, extname(name))}-${hash}${extname(name)}`;
  write(hashed, bytes);
  names.push(`${name} ${hashed}`);
  return hashed;
}

/** Writes a file and its twin; answers how many bytes travel. */
function write(hashed, bytes) {
  writeFileSync(join(DIST, hashed), bytes);
  const small = brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } });
  if (small.length < bytes.length) writeFileSync(join(DIST, `${hashed}.br`), small);
  return Math.min(small.length, bytes.length);
}

function hold(what, weight) {
  if (weight > BUDGETS[what]) throw new Error(`the ${what} weighs ${weight} bytes, more than ${BUDGETS[what]}`);
  console.log(`${what}: ${weight} of ${BUDGETS[what]} bytes`);
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
// The same for what takes no SVG (iOS takes 180 pixels, and what installs a page 512): the logo on three quarters of white,
// since systems cut the corners and show what is transparent in black. They are pictures of a page that holds
// `<style>body { background: #fff } img { position: fixed; inset: 12.5%; width: 75% }</style><img src="logo.svg">`, by
// `chromium --headless --hide-scrollbars --window-size=180,180 --screenshot=icon-180.png`: make them anew with the logo.
for (const icon of ["icon-180.png", "icon-512.png"]) emit(icon, readFileSync(join(SOURCE, "page", icon)));

const script = await build({
  entryPoints: [join(SOURCE, "app.ts")],
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  // What is not needed before somebody does something is a file of its own, and what several need is one too.
  splitting: true,
  outdir: DIST,
  entryNames: "[name]-[hash]",
  chunkNames: "[name]-[hash]",
  write: false,
  metafile: true,
  legalComments: "none",
});
// The rooms hear of what is live, and not the other way round.
for (const [path, { imports }] of Object.entries(script.metafile.inputs)) {
  const room = path.includes("src/live/") && imports.find(({ path }) => /src\/(?!live\/)/.test(path));
  if (room) throw new Error(`${path} imports ${room.path}: let the room ask for what it wants to hear of`);
}
const weights = Object.fromEntries(script.outputFiles.map(({ path, contents }) => [basename(path), write(basename(path), contents)]));
const made = Object.fromEntries(Object.entries(script.metafile.outputs).map(([path, output]) => [basename(path), output]));
const [entry] = Object.entries(made).find(([, { entryPoint }]) => entryPoint?.endsWith("src/app.ts"));
/** The files that come with the first, whoever imports them. */
function first(name, known = new Set([name])) {
  for (const { path, kind } of made[name].imports) {
    if (kind === "import-statement" && !known.has(basename(path))) first(basename(path), known.add(basename(path)));
  }
  return known;
}
names.push(`app.js ${entry}`);
for (const name of first(entry)) if (name !== entry) names.push(`app.js+ ${name}`);
hold("script", [...first(entry)].reduce((sum, name) => sum + weights[name], 0));

// What browsers run while no page is open: a script of its own, which imports nothing and is not a module everywhere.
const worker = await build({
  entryPoints: [join(SOURCE, "push/worker.ts")],
  bundle: true,
  minify: true,
  format: "iife",
  target: "es2022",
  write: false,
  legalComments: "none",
});
emit("worker.js", worker.outputFiles[0].contents);

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
hold("sheet", write(emit("app.css", styles.outputFiles[0].contents), Buffer.from(styles.outputFiles[0].contents)));

writeFileSync(join(DIST, "names.txt"), `${names.join("\n")}\n`);
