/** What the command line of the seeder benchmark may say, read and checked. */
import { parseNumber, parseSegmentSeconds, readArguments } from "../command-line.ts";

export interface BenchOptions {
  /** So many, and no ramp. */
  readonly peers: number | undefined;
  /** What is measured of each number of peers. */
  readonly seconds: number;
  readonly segmentSeconds: number;
  /** Of the stream: what each peer wants. */
  readonly bitsPerSecond: number;
  /** Said to the seeder, where it is said. */
  readonly uplinkMbps: number | undefined;
  /** Processes that the peers are spread over. */
  readonly processes: number;
  /** Have Node write a profile of the seeder's JavaScript into this folder. */
  readonly profile: string | undefined;
  readonly json: boolean;
}

export const usage = `npm run bench:seeder -- [options]
  --peers N              so many peers; without it more and more, until the seeder falls behind
  --seconds S            measured of each number of peers (20)
  --mbps R               rate of the stream, which every peer wants (3)
  --segment-seconds S    2, 4, 6, 8 or 12 (4)
  --uplink-mbps R        tells the seeder that its uplink is so fast
  --processes N          processes that the peers are spread over, 1 to 8 (2)
  --profile FOLDER       have Node write a profile of the seeder's JavaScript there
  --json                 the figures as JSON on stdout, instead of a table`;

export function parseOptions(args: readonly string[]): BenchOptions {
  const values = readArguments(args, OPTIONS);
  const segmentSeconds = parseSegmentSeconds(values["segment-seconds"]);
  const { peers, "uplink-mbps": uplink } = values;
  return {
    peers: peers === undefined ? undefined : parseNumber("peers", peers, { min: 1, max: PEERS_MAX, isWhole: true }),
    seconds: parseNumber("seconds", values.seconds, { min: segmentSeconds, max: 3600 }),
    segmentSeconds,
    bitsPerSecond: 1e6 * parseNumber("mbps", values.mbps, { min: 0.2, max: 50 }),
    uplinkMbps: uplink === undefined ? undefined : parseNumber("uplink-mbps", uplink, { min: 0.1, max: 100_000 }),
    processes: parseNumber("processes", values.processes, { min: 1, max: 8, isWhole: true }),
    profile: values.profile,
    json: values.json,
  };
}

/** What a machine's memory takes beside the seeder: a peer needs about 20 MB. */
export const PEERS_MAX = 512;

const OPTIONS = {
  peers: { type: "string" },
  seconds: { type: "string", default: "20" },
  mbps: { type: "string", default: "3" },
  "segment-seconds": { type: "string", default: "4" },
  "uplink-mbps": { type: "string" },
  processes: { type: "string", default: "2" },
  profile: { type: "string" },
  json: { type: "boolean", default: false },
} as const;
