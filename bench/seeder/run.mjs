/** `npm run bench:seeder`: builds what is missing, then hands over to bench.ts. Any argument it does not know prints all that it does. */
import path from "node:path";
import { buildLibrary, run } from "../build-library.mjs";
import { loadProgram } from "../load-program.mjs";

const root = path.resolve(import.meta.dirname, "../..");

run(process.execPath, ["scripts/setup.mjs"], root);
buildLibrary();
const cache = path.join(root, "bench/.cache");
const { runBench } = await loadProgram(path.join(import.meta.dirname, "bench.ts"), cache);
process.exitCode = await runBench({ arguments: process.argv.slice(2), root, cache });
