import { parseArgs } from "node:util";
import { OptionError } from "../base/option-error.ts";
import { runLoad } from "./load.ts";
import { runRestart } from "./restart.ts";

/** What `hls-swarm load --help` prints. */
export const LOAD_USAGE = `hls-swarm load: sends a crowd of viewers to a tracker and says how it fared. No video is moved.

Usage: hls-swarm load [options]

  --tracker <url>            the tracker                           (ws://127.0.0.1:8080)
  --viewers <n>              how many come                         (1000)
  --joins-per-second <n>     how fast                              (200)
  --hold-seconds <n>         how long they stay once all are there (10)
  --swarms <n>               streams that they spread over         (1)
  --peers <n>                peers that each connects to           (5; at most 16)
  --relays-per-second <n>    signals beyond those of connecting    (0)
  --expect-restart           once all are there, wait for the tracker to be restarted, --hold-seconds at most, and
                             say how the viewers came back
  --json                     the figures as JSON
  --help                     this text

To a tracker on this machine the viewers come from many addresses of 127/8. Another machine sees one address: start its
tracker with a larger --max-per-address, and expect its limit of new sockets per address (20 a second).
`;

/** Runs the command `load`. Rejects with an {@link OptionError} when the command line cannot be understood. */
export async function runLoadCommand(args: readonly string[]): Promise<void> {
  const { values } = parse(args);
  if (values.help) {
    process.stdout.write(LOAD_USAGE);
    return;
  }
  const number = (name: keyof typeof DEFAULTS, min: number, max: number): number => {
    const value = Number(values[name] ?? DEFAULTS[name]);
    if (!(value >= min && value <= max))
      throw new OptionError(`--${name} must be a number from ${String(min)} to ${String(max)}`);
    return value;
  };
  const tracker = values.tracker ?? "ws://127.0.0.1:8080";
  if (!/^wss?:/.test(tracker) || !URL.canParse(tracker))
    throw new OptionError("--tracker must be a ws:// or wss:// URL");
  const run = values["expect-restart"] ? runRestart : runLoad;
  const figures = await run(
    {
      tracker,
      viewers: number("viewers", 1, 1_000_000),
      joinsPerSecond: number("joins-per-second", 0.1, 100_000),
      holdSeconds: number("hold-seconds", 0, 86_400),
      swarms: number("swarms", 1, 1_000_000),
      peers: number("peers", 0, 16),
      relaysPerSecond: number("relays-per-second", 0, 1_000_000),
    },
    (text) => void process.stderr.write(`${text}\n`),
  );
  process.stdout.write(values.json ? `${JSON.stringify(figures)}\n` : tableOf(figures));
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS });
  } catch (error) {
    throw new OptionError(error instanceof Error ? error.message : String(error));
  }
}

function tableOf(figures: Awaited<ReturnType<typeof runLoad | typeof runRestart>>): string {
  const { refusals, ...numbers } = figures;
  const rows: [string, string][] = Object.entries<number | undefined>(numbers).map(([name, value]) => [
    name,
    value === undefined ? "-" : String(Math.round(value * 10) / 10),
  ]);
  for (const [reason, times] of Object.entries(refusals)) rows.push([`refused: ${reason}`, String(times)]);
  return rows.map(([name, value]) => `${name.padEnd(36)}${value.padStart(12)}\n`).join("");
}

const DEFAULTS = {
  viewers: 1_000,
  "joins-per-second": 200,
  "hold-seconds": 10,
  swarms: 1,
  peers: 5,
  "relays-per-second": 0,
} as const;

const OPTIONS = {
  tracker: { type: "string" },
  viewers: { type: "string" },
  "joins-per-second": { type: "string" },
  "hold-seconds": { type: "string" },
  swarms: { type: "string" },
  peers: { type: "string" },
  "relays-per-second": { type: "string" },
  "expect-restart": { type: "boolean" },
  json: { type: "boolean" },
  help: { type: "boolean", short: "h" },
} as const;
