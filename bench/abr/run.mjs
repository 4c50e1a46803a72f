/**
 * `npm run bench:abr`: installs and builds what is missing, then hands over to bench.ts. Measures nothing itself.
 * Everything said on the way goes to stderr, so that stdout carries the result alone.
 */
import path from "node:path";
import { buildLibrary, run } from "../build-library.mjs";
import { loadProgram } from "../load-program.mjs";

const root = path.resolve(import.meta.dirname, "../..");
// Not below bench/, whose packages are the rival's.
const cache = path.join(root, ".cache/bench-abr");

run(process.execPath, ["scripts/setup.mjs", "--chromium"], root);
const { runBench } = await loadProgram(path.join(import.meta.dirname, "bench.ts"), cache);
const { openCdn } = await import("./cdn.mjs");
process.exitCode = await runBench({ arguments: process.argv.slice(2), root, cache, openCdn, buildLibrary });
