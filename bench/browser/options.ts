/** What the command line of the browser benchmark may say, read and checked. */
import { parseNumber, parseSegmentSeconds, readArguments, UsageError } from "../command-line.ts";
import { contenders, type Contender } from "./contenders.ts";

export const faults = ["tracker-kill", "peer-kill", "origin-5xx", "origin-outage"] as const;
export type Fault = (typeof faults)[number];

export interface BenchOptions {
  /** Of each contender; what is told is their median. */
  readonly runs: number;
  readonly viewers: number;
  /** From the first viewer's start to the last reading. */
  readonly seconds: number;
  readonly segmentSeconds: number;
  readonly mode: "live" | "vod";
  readonly contenders: readonly Contender[];
  /** Between one viewer's start and the next one's. */
  readonly staggerMs: number;
  /** Cap of what each viewer sends to peers; 0 for none. */
  readonly uplinkBitsPerSecond: number;
  readonly fault: Fault | undefined;
  /** All contenders at once instead of one after another. */
  readonly concurrent: boolean;
  readonly json: boolean;
}

export const usage = `npm run bench:browser -- [options]
  --runs N               runs of each contender; the figures are their medians (1)
  --viewers N            viewers of each contender (8)
  --seconds S            length of a run, from the first viewer's start (80)
  --segment-seconds S    2, 4, 6, 8 or 12 (2)
  --mode live|vod        (live)
  --contenders a,b       of ${contenders.map(({ name }) => name).join(", ")} (all)
  --stagger-ms MS        between two viewers' starts (750)
  --uplink-mbps U        caps what each viewer sends to peers (0: not capped)
  --fault F              ${faults.join(", ")}: strikes halfway through
  --concurrent           all contenders at once, instead of one after another
  --json                 the figures as JSON on stdout, instead of a table`;

export function parseOptions(args: readonly string[]): BenchOptions {
  const values = readArguments(args, OPTIONS);
  const mode = values.mode;
  if (mode !== "live" && mode !== "vod") throw new UsageError(`--mode must be live or vod, not ${mode}`);
  const fault = faults.find((name) => name === values.fault);
  if (values.fault !== undefined && fault === undefined)
    throw new UsageError(`--fault must be one of ${faults.join(", ")}, not ${values.fault}`);
  return {
    runs: parseNumber("runs", values.runs, { min: 1, max: 20, isWhole: true }),
    viewers: parseNumber("viewers", values.viewers, { min: 1, max: 64, isWhole: true }),
    seconds: parseNumber("seconds", values.seconds, { min: 10, max: 3600 }),
    segmentSeconds: parseSegmentSeconds(values["segment-seconds"]),
    mode,
    contenders: parseContenders(values.contenders),
    staggerMs: parseNumber("stagger-ms", values["stagger-ms"], { min: 0, max: 60_000 }),
    uplinkBitsPerSecond: 1_000_000 * parseNumber("uplink-mbps", values["uplink-mbps"], { min: 0, max: 1000 }),
    fault,
    concurrent: values.concurrent,
    json: values.json,
  };
}

function parseContenders(text: string): readonly Contender[] {
  const names = [...new Set(text.split(",").map((name) => name.trim()))];
  return names.map((name) => {
    const contender = contenders.find((one) => one.name === name);
    if (!contender) throw new UsageError(`unknown contender ${name}: ${contenders.map((one) => one.name).join(", ")}`);
    return contender;
  });
}

const OPTIONS = {
  runs: { type: "string", default: "1" },
  viewers: { type: "string", default: "8" },
  seconds: { type: "string", default: "80" },
  "segment-seconds": { type: "string", default: "2" },
  mode: { type: "string", default: "live" },
  contenders: { type: "string", default: contenders.map(({ name }) => name).join(",") },
  "stagger-ms": { type: "string", default: "750" },
  "uplink-mbps": { type: "string", default: "0" },
  fault: { type: "string" },
  concurrent: { type: "boolean", default: false },
  json: { type: "boolean", default: false },
} as const;
