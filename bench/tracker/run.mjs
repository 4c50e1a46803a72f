/** `npm run bench:tracker`: builds what is missing, then hands over to bench.ts. `--quick`, `--rounds N`, `--json`. */
import { existsSync } from "node:fs";
import path from "node:path";
import { buildLibrary, run } from "../build-library.mjs";
import { loadProgram } from "../load-program.mjs";

const root = path.resolve(import.meta.dirname, "../..");
const bench = path.join(root, "bench");

run(process.execPath, ["scripts/setup.mjs"], root);
if (!existsSync(path.join(bench, "node_modules/bittorrent-tracker")))
  run("npm", ["ci", "--no-audit", "--no-fund"], bench);
buildLibrary();
const { runBench } = await loadProgram(path.join(import.meta.dirname, "bench.ts"), path.join(bench, ".cache"));
await runBench(process.argv.slice(2), root);
