/**
 * What must hold of a whole run, beside what the model itself watches at every event. Each checker answers with
 * sentences, none when all is well.
 */
import baselines from "./baselines.json" with { type: "json" };
import type { RunResult } from "./model/figures.ts";
import { ORIGIN, type Plan } from "./model/plan.ts";
import type { Asked, Comparison } from "./scenario.ts";

export interface Check {
  readonly plan: Plan;
  readonly result: RunResult;
  /** What the scenario's share of the bound was when it was last measured, if this run can be compared with that. */
  readonly baseline?: number | undefined;
  /** The run to hold against it, and how. */
  readonly compared?: { readonly comparison: Comparison; readonly result: RunResult } | undefined;
}

export const violationsOf = (check: Check): readonly string[] => [
  ...check.result.violations,
  ...stallsOf(check),
  ...billOf(check),
  ...farTrafficOf(check),
  ...regressionOf(check),
  ...harmOf(check),
  ...seedersOf(check),
];

/** Of a run with nothing asked for but a seed. */
export function baselineFor(scenario: string, { seed: _, ...asked }: Asked): number | undefined {
  const known: Readonly<Record<string, number>> = baselines;
  return Object.values(asked).some((value) => value !== undefined) ? undefined : known[scenario];
}

/** An origin faster than the bitrate means no stall. */
function stallsOf({ plan, result }: Check): readonly string[] {
  const { stalls, stallMs } = result.figures;
  if (stalls === 0 || !isOriginHealthy(plan)) return [];
  return [`${stalls} stalls, ${stallMs} ms in all, though the origin was well`];
}

/** A slow answer can be met by a second request, but for one in a hundred of them the second is slow as well. */
const isOriginHealthy = ({ origin, faults }: Plan): boolean =>
  origin.slowShare <= ORIGIN.slowShare &&
  origin.slowMs <= ORIGIN.slowMs &&
  !faults.some(({ type }) => type === "origin-outage");

/** The origin never sends more than it would to players without a swarm. */
function billOf({ plan, result }: Check): readonly string[] {
  const { cdnBytesPerBytePlayed } = result.figures;
  const plain = plainBytesPerBytePlayed(plan);
  if (cdnBytesPerBytePlayed <= plain) return [];
  return [`${cdnBytesPerBytePlayed.toFixed(3)} CDN bytes per byte played; plain players need ${plain.toFixed(3)}`];
}

/** One, and what lies in buffers when a viewer leaves, jumps, or has come since and is still there at the end. */
function plainBytesPerBytePlayed(plan: Plan): number {
  const { media, sessionSeconds, measuredSeconds, initialShare, segmentSeconds } = plan;
  const isVod = media.type === "vod";
  const bufferSeconds = segmentSeconds + (isVod ? VOD_BUFFER_SECONDS : media.behindSeconds);
  const discardsPerSecond = 1 / sessionSeconds + (isVod ? 1 / media.seekEverySeconds : 0);
  return 1 + bufferSeconds * (discardsPerSecond + (1 - initialShare) / measuredSeconds) + BILL_TOLERANCE;
}

/** A tracker that knows where viewers are keeps most of what they trade in their region. */
function farTrafficOf({ plan, result }: Check): readonly string[] {
  const { regions } = plan.network;
  const share = result.figures.peerBytesWithinRegion;
  const isExpected = regions?.isTold === true && plan.viewers >= regions.count * REGION_VIEWERS_MIN;
  if (!isExpected || share >= WITHIN_REGION_MIN) return [];
  return [`${(100 * share).toFixed(1)} % of the peer bytes stayed in their region, not ${100 * WITHIN_REGION_MIN} %`];
}

/** Seeds differ by a point; what is two below has become worse. */
function regressionOf({ result, baseline }: Check): readonly string[] {
  const { offloadOfBound } = result.figures;
  if (baseline === undefined || offloadOfBound >= baseline - BASELINE_TOLERANCE) return [];
  return [`${offloadOfBound.toFixed(3)} of the bound; sim/baselines.json says ${baseline.toFixed(3)}`];
}

/** Those who mean harm cost a tenth of the offload at most; and with nobody to be trusted it plays as from the CDN alone. */
function harmOf({ result, compared }: Check): readonly string[] {
  if (!compared) return [];
  const { comparison, result: other } = compared;
  if (comparison === "nobody-means-harm") {
    const share = offloadKept(result, other);
    return share >= OFFLOAD_KEPT_MIN ? [] : [`${share.toFixed(3)} of the offload without those who mean harm`];
  }
  const { stalls, startupMsP95 } = result.figures;
  const plain = other.figures;
  const atMostMs = plain.startupMsP95 * STARTUP_TOLERANCE;
  return [
    ...(stalls > plain.stalls ? [`${stalls} stalls; ${plain.stalls} from the CDN alone`] : []),
    ...(startupMsP95 > atMostMs ? [`start-up ${startupMsP95} ms; ${plain.startupMsP95} ms from the CDN alone`] : []),
  ];
}

/** Beside a seeder that works and stays nearly everything comes from it, for the one copy that it fetches. */
function seedersOf({ plan, result }: Check): readonly string[] {
  if (!plan.seeders.some(({ isIdle, goneAtSecond }) => !isIdle && goneAtSecond === Infinity)) return [];
  const { viewersOriginShare, copiesPerSegment } = result.figures;
  return [
    ...(viewersOriginShare > VIEWERS_ORIGIN_SHARE_MAX
      ? [`viewers fetched ${(100 * viewersOriginShare).toFixed(1)} % from the CDN beside a seeder`]
      : []),
    ...(copiesPerSegment > SEEDED_COPIES_MAX ? [`${copiesPerSegment.toFixed(2)} copies of a segment, not one`] : []),
  ];
}

/** How much of the offload of `other` a run has. */
const offloadKept = (result: RunResult, other: RunResult): number => result.figures.offload / other.figures.offload;

/** What hls.js keeps ahead of the playhead by default (`maxBufferLength`). */
const VOD_BUFFER_SECONDS = 30;
/** Sessions are random: a few more than the mean may end within the measured time. */
const BILL_TOLERANCE = 0.1;
const BASELINE_TOLERANCE = 0.02;
const OFFLOAD_KEPT_MIN = 0.9;
/** Chance: the same viewers draw other numbers for their requests. */
const STARTUP_TOLERANCE = 1.1;
/** The first segments of who has just come, or jumped, whom no link can bring them in time. */
const VIEWERS_ORIGIN_SHARE_MAX = 0.05;
const SEEDED_COPIES_MAX = 1.02;
export const WITHIN_REGION_MIN = 0.7;
/** In a smaller one chance decides whether those who are near have something to give. */
const REGION_VIEWERS_MIN = 50;
