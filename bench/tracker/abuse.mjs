/**
 * `npm run bench:tracker-abuse`: builds what is missing, then hands over to abuse.ts. `--quick`, `--json`. With `--attack` it is
 * the attacker's process.
 */
import path from "node:path";
import { fileURLToPath } from "node:url";
import { buildLibrary } from "../build-library.mjs";
import { loadProgram } from "../load-program.mjs";

const root = path.resolve(import.meta.dirname, "../..");
const args = process.argv.slice(2);
if (!args.includes("--attack")) buildLibrary();
const program = path.join(import.meta.dirname, "abuse.ts");
const { runAbuseBench, runAttack } = await loadProgram(program, path.join(root, "bench/.cache"));
if (args[0] === "--attack") await runAttack(Number(args[1]), Number(args[3]));
else await runAbuseBench(args, root, fileURLToPath(import.meta.url));
