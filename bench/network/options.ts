/** What the command line of the network benchmark may say, read and checked. */
import { parseNumber, parseSegmentSeconds, readArguments, UsageError, type Bounds } from "../command-line.ts";

/** Distributions of the viewers' uplinks, as in the simulator. */
export const UPLINK_MIXES = ["mixed", "tight", "poor", "edge", "tiny", "none"] as const;

export interface BenchOptions {
  /** All of them, the witnesses included. */
  readonly viewers: number;
  /** How many of them are real Chromium instead of Node. */
  readonly witnesses: number;
  readonly uplinks: (typeof UPLINK_MIXES)[number];
  /** Between any two viewers, and between a viewer and the origin. */
  readonly roundTripMs: number;
  /** Of the packets, each way. */
  readonly lossShare: number;
  /** What is measured, after the warm-up. */
  readonly seconds: number;
  readonly segmentSeconds: number;
  readonly bitsPerSecond: number;
  readonly behindSeconds: number;
  readonly seed: number;
  readonly json: boolean;
}

export const usage = `npm run bench:network -- [options]
  --viewers N            viewers, each in a network of its own (16)
  --witnesses W          how many of them are real Chromium, the others are Node (2)
  --uplinks MIX          ${UPLINK_MIXES.join(", ")} (mixed)
  --rtt-ms MS            round trip between any two, origin included (40)
  --loss-pct P           packets lost, in percent, each way (0)
  --seconds S            length of the measurement, after a warm-up (60)
  --segment-seconds S    2, 4, 6, 8 or 12 (4)
  --bitrate-mbps R       rate of the stream (1)
  --behind-seconds L     how far behind the newest segment viewers play (12)
  --seed N               of uplinks and losses (1)
  --json                 the figures as JSON on stdout, instead of a table`;

export function parseOptions(args: readonly string[]): BenchOptions {
  const values = readArguments(args, OPTIONS);
  const number = (name: keyof typeof values, bounds: Bounds): number => parseNumber(name, String(values[name]), bounds);
  const uplinks = UPLINK_MIXES.find((mix) => mix === values.uplinks);
  if (uplinks === undefined)
    throw new UsageError(`--uplinks must be one of ${UPLINK_MIXES.join(", ")}, not ${values.uplinks}`);
  const viewers = number("viewers", { min: 2, max: VIEWERS_MAX, isWhole: true });
  const segmentSeconds = parseSegmentSeconds(values["segment-seconds"]);
  return {
    viewers,
    witnesses: number("witnesses", { min: 0, max: viewers, isWhole: true }),
    uplinks,
    roundTripMs: number("rtt-ms", { min: 0, max: 2000 }),
    lossShare: number("loss-pct", { min: 0, max: 50 }) / 100,
    seconds: number("seconds", { min: 10, max: 3600 }),
    segmentSeconds,
    bitsPerSecond: 1e6 * number("bitrate-mbps", { min: 0.1, max: 20 }),
    behindSeconds: number("behind-seconds", { min: segmentSeconds, max: 40 }),
    seed: number("seed", { min: 0, max: 2 ** 31 - 1, isWhole: true }),
    json: values.json,
  };
}

/** The memory of one machine: a Node viewer needs about 90 MB. */
const VIEWERS_MAX = 64;

const OPTIONS = {
  viewers: { type: "string", default: "16" },
  witnesses: { type: "string", default: "2" },
  uplinks: { type: "string", default: "mixed" },
  "rtt-ms": { type: "string", default: "40" },
  "loss-pct": { type: "string", default: "0" },
  seconds: { type: "string", default: "60" },
  "segment-seconds": { type: "string", default: "4" },
  "bitrate-mbps": { type: "string", default: "1" },
  "behind-seconds": { type: "string", default: "12" },
  seed: { type: "string", default: "1" },
  json: { type: "boolean", default: false },
} as const;
