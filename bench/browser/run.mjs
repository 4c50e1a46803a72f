/**
 * `npm run bench:browser`: installs and builds what is missing, then hands over to bench.ts. Measures nothing itself.
 * Everything said on the way goes to stderr, so that stdout carries the result alone.
 */
import { existsSync } from "node:fs";
import path from "node:path";
import { buildLibrary, run } from "../build-library.mjs";
import { loadProgram } from "../load-program.mjs";

const root = path.resolve(import.meta.dirname, "../..");
const bench = path.join(root, "bench");
const cache = path.join(bench, ".cache");

run(process.execPath, ["scripts/setup.mjs", "--chromium"], root);
if (!existsSync(path.join(bench, "node_modules/p2p-media-loader-core")))
  run("npm", ["ci", "--no-audit", "--no-fund"], bench);
const { runBench } = await loadProgram(path.join(import.meta.dirname, "bench.ts"), cache);
// Imported here, not bundled: it finds its media beside its own file.
const { createOrigin } = await import("../../testkit/origin/origin.mjs");
process.exitCode = await runBench({ arguments: process.argv.slice(2), root, cache, createOrigin, buildLibrary });
