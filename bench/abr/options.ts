/** What the command line of the ABR bench may say, read and checked. */
import { readArguments, UsageError } from "../command-line.ts";
import { SCRIPTS, type Script } from "./scripts.ts";

export interface AbrOptions {
  readonly scripts: readonly Script[];
  readonly json: boolean;
}

export const usage = `npm run bench:abr -- [options]
  --scripts a,b   of ${SCRIPTS.map(({ name }) => name).join(", ")} (all)
  --peers-mbps P  what the seeders together send, in every script (as each script has it)
  --json          the figures as JSON on stdout, instead of a table`;

export function parseOptions(args: readonly string[]): AbrOptions {
  const { scripts, json, "peers-mbps": peers } = readArguments(args, OPTIONS);
  const chosen = scripts === undefined ? SCRIPTS : scripts.split(",").map(scriptNamed);
  if (peers === undefined) return { scripts: chosen, json };
  const seederBitsPerSecond = Number(peers) * 1_000_000;
  if (!(seederBitsPerSecond > 0)) throw new UsageError(`--peers-mbps must be a number above 0, not ${peers}`);
  return { scripts: chosen.map((script) => ({ ...script, seederBitsPerSecond })), json };
}

function scriptNamed(name: string): Script {
  const script = SCRIPTS.find((one) => one.name === name);
  if (!script) throw new UsageError(`there is no script ${name}`);
  return script;
}

const OPTIONS = {
  scripts: { type: "string" },
  "peers-mbps": { type: "string" },
  json: { type: "boolean", default: false },
} as const;
