// Runs the tests beside the scripts: bundled first, since Node does not read TypeScript.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";

const SOURCE = new URL("./src/", import.meta.url).pathname;
const out = mkdtempSync(join(tmpdir(), "preau-web-"));
const entryPoints = readdirSync(SOURCE, { recursive: true })
  .filter((name) => name.endsWith(".test.mjs"))
  .map((name) => join(SOURCE, name));
try {
  await build({ entryPoints, outdir: out, bundle: true, platform: "node", format: "esm", outExtension: { ".js": ".mjs" } });
  const built = readdirSync(out, { recursive: true }).filter((name) => name.endsWith(".mjs"));
  const { status } = spawnSync("node", ["--test", ...built.map((name) => join(out, name))], { stdio: "inherit" });
  process.exitCode = status ?? 1;
} finally {
  rmSync(out, { recursive: true, force: true });
}
