/**
 * `npm run bench:browser`: installs and builds what is missing, then hands over to bench.ts. Measures nothing itself.
 * Everything said on the way goes to stderr, so that stdout carries the result alone.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, statSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

const root = path.resolve(import.meta.dirname, "../..");
const bench = path.join(root, "bench");
const cache = path.join(bench, ".cache");

run(process.execPath, ["scripts/setup.mjs", "--chromium"], root);
if (!existsSync(path.join(bench, "node_modules/p2p-media-loader-core")))
  run("npm", ["ci", "--no-audit", "--no-fund"], bench);
mkdirSync(cache, { recursive: true });

const { build } = await import("esbuild");
const program = path.join(cache, "bench.mjs");
await build({
  entryPoints: [path.join(import.meta.dirname, "bench.ts")],
  outfile: program,
  bundle: true,
  packages: "external",
  platform: "node",
  target: "node20",
  format: "esm",
  logLevel: "error",
});
const { runBench } = await import(`${pathToFileURL(program).href}?${String(statSync(program).mtimeMs)}`);
// Imported here, not bundled: it finds its media beside its own file.
const { createOrigin } = await import("../../testkit/origin/origin.mjs");
process.exitCode = await runBench({ arguments: process.argv.slice(2), root, cache, createOrigin, buildLibrary });

/** Builds dist/ when it is missing or older than the sources: an old build would be measured under a new name. */
function buildLibrary() {
  const built = path.join(root, "dist/hls-swarm.js");
  if (existsSync(built) && statSync(built).mtimeMs > newestChange(path.join(root, "src"))) return;
  run("npm", ["run", "build"], root);
}

/** @param {string} directory */
function newestChange(directory) {
  const files = readdirSync(directory, { recursive: true, encoding: "utf8" });
  const sources = files.filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"));
  return Math.max(...sources.map((file) => statSync(path.join(directory, file)).mtimeMs));
}

/**
 * @param {string} command
 * @param {string[]} parameters
 * @param {string} cwd
 */
function run(command, parameters, cwd) {
  console.error(`${command} ${parameters.join(" ")} (in ${path.relative(process.cwd(), cwd) || "."})`);
  const { status } = spawnSync(command, parameters, { cwd, stdio: ["ignore", process.stderr, process.stderr] });
  if (status !== 0) throw new Error(`${command} ${parameters.join(" ")} ended with ${String(status)}`);
}
