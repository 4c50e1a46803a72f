/**
 * `npm run bench:abr`: installs and builds what is missing, then hands over to bench.ts. Measures nothing itself.
 * Everything said on the way goes to stderr, so that stdout carries the result alone.
 */
import { mkdirSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { buildLibrary, run } from "../build-library.mjs";

const root = path.resolve(import.meta.dirname, "../..");
// Not below bench/, whose packages are the rival's.
const cache = path.join(root, ".cache/bench-abr");

run(process.execPath, ["scripts/setup.mjs", "--chromium"], root);
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
const { runBench } = await import(pathToFileURL(program).href);
const { openCdn } = await import("./cdn.mjs");
process.exitCode = await runBench({ arguments: process.argv.slice(2), root, cache, openCdn, buildLibrary });
