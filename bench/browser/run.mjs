/**
 * `npm run bench:browser`: installs and builds what is missing, then hands over to bench.ts. Measures nothing itself.
 * Everything said on the way goes to stderr, so that stdout carries the result alone.
 */
import { existsSync, mkdirSync, statSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { buildLibrary, run } from "../build-library.mjs";

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
