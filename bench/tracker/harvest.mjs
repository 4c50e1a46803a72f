/** `npm run bench:tracker-harvest`: hands over to harvest.ts, which writes docs/tickets/harvest.svg. `--quick` writes nothing. */
import path from "node:path";
import { loadProgram } from "../load-program.mjs";

const root = path.resolve(import.meta.dirname, "../..");
const program = path.join(import.meta.dirname, "harvest.ts");
const { runHarvest } = await loadProgram(program, path.join(root, "bench/.cache"));
runHarvest(process.argv.slice(2), root);
