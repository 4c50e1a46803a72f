/** From the readings of a run to its figures, by the simulator's definitions (`sim/model/figures.ts`). Pure. */
import type { Figures as SimulatedFigures } from "../../sim/model/figures.ts";
import { MESSAGE_OVERHEAD_BYTES, WIRE_FACTOR } from "../../sim/model/network.ts";
import { percentile, sum } from "../browser/statistics.ts";
import type { BenchOptions } from "./options.ts";
import type { Member } from "./plan.ts";
import type { ServersReport } from "./servers-report.ts";
import { saturatedSpans, type SwitchReport } from "./switch-report.ts";
import type { ViewerReport } from "./viewer/viewer-report.ts";

/** Everything that counts, at one instant. */
export interface Reading {
  readonly at: number;
  readonly origin: ServersReport;
  readonly viewers: readonly ViewerReport[];
}

export interface RunRecord {
  readonly options: BenchOptions;
  readonly population: readonly Member[];
  /** When segment 0 began, milliseconds since 1970. */
  readonly epochMs: number;
  /** The measurement is between these two. */
  readonly before: Reading;
  readonly after: Reading;
  readonly wallMs: number;
  readonly switchReports: readonly SwitchReport[];
  /** The switch's line of a viewer. */
  readonly lineOf: (viewer: number) => number;
}

/** What the simulator tells too, by the same names. `null`: there was nothing to measure it on. */
export type SharedFigures = {
  readonly [Name in Exclude<keyof SimulatedFigures, NotMeasured>]: number | null;
};

/** Of the simulator itself, or of regions and attackers, which are not modelled here. */
type NotMeasured =
  "viewersOriginShare" | "events" | "peakRssMb" | "traceHash" | "peerBytesWithinRegion" | "forgedChunks" | "hashFiles";

export interface Figures extends SharedFigures {
  /** How long small messages took, one way, while the uplink of their sender was full. */
  readonly controlDelayMsP50: number | null;
  readonly controlDelayMsP95: number | null;
  /** How many of them. */
  readonly controlDelayProbes: number;
  /** The same at any time. */
  readonly controlDelayMsP95Always: number | null;
  /** Packets that the line lost by chance, and that found a full queue in front of an uplink; of all viewers. */
  readonly packetsLost: number;
  readonly packetsDropped: number;
}

export function figuresOf(run: RunRecord): Figures {
  const { options, population, before, after, wallMs } = run;
  const grown = (count: (viewer: ViewerReport) => number): number =>
    sum(after.viewers.map(count)) - sum(before.viewers.map(count));
  const originBytes = after.origin.originBytes - before.origin.originBytes;
  const requests = after.origin.requests - before.origin.requests;
  const plays = grown((viewer) => viewer.plays);
  const wasted = grown((viewer) => viewer.wastedBytes);
  const useful = grown((viewer) => viewer.peerReceivedBytes + viewer.originReceivedBytes) - wasted;
  const control = grown((viewer) => viewer.controlBytes + viewer.controlFrames * MESSAGE_OVERHEAD_BYTES);
  const offload = useful > 0 ? Math.max(0, 1 - originBytes / useful) : null;
  const bound = boundOf(options, population);
  const stalls = after.viewers.flatMap((viewer) => viewer.stalls.filter(({ startedAt }) => startedAt >= before.at));
  const startups = after.viewers.flatMap(({ createdAt, startedAt }) => (startedAt ? [startedAt - createdAt] : []));
  const ages = agesOf(run);
  return {
    viewers: population.length,
    copiesPerSegment: copiesOf(run),
    offload,
    bound,
    offloadOfBound: offload === null ? null : bound > 0 ? offload / bound : 1,
    cdnBytesPerBytePlayed: ratio(
      originBytes,
      grown((viewer) => viewer.playedBytes),
    ),
    stalls: stalls.length,
    stallMs: Math.round(sum(stalls.map(({ ms }) => ms))),
    plays,
    startupMsP50: percentile(startups, 0.5),
    startupMsP95: percentile(startups, 0.95),
    duplicatesPct: percent(ratio(wasted, useful)),
    controlPct: percent(ratio(control, useful)),
    ageMsP50: percentile(ages, 0.5),
    ageMsP95: percentile(ages, 0.95),
    httpRequestsPerViewerSegment: ratio(requests, plays),
    uploadJain: jainOf(run),
    wallMs: Math.round(wallMs),
    ...controlDelaysOf(run),
    ...packetsOf(run),
  };
}

/** What the uplinks could carry of the demand, or all but one copy of everything. */
export function boundOf({ bitsPerSecond }: BenchOptions, population: readonly Member[]): number {
  const uploads = sum(population.map(({ uploadBitsPerSecond }) => uploadBitsPerSecond));
  const demand = population.length * bitsPerSecond;
  return Math.min(1 - 1 / population.length, uploads / demand / WIRE_FACTOR);
}

/** Of the segments that appeared early enough for everybody to have had them by the end. */
function copiesOf({ options, epochMs, before, after }: RunRecord): number | null {
  const { segmentSeconds, behindSeconds, bitsPerSecond } = options;
  const lastAt = after.at - (behindSeconds + segmentSeconds) * 1000;
  const copies: number[] = [];
  for (let sequence = 0; appearedAt(sequence, epochMs, segmentSeconds) <= lastAt; sequence++)
    if (appearedAt(sequence, epochMs, segmentSeconds) >= before.at)
      copies.push((8 * (after.origin.segmentBytes.get(sequence) ?? 0)) / (bitsPerSecond * segmentSeconds));
  return ratio(sum(copies), copies.length);
}

/** From a segment's appearance at the origin to its completion at a viewer that was there before. */
function agesOf({ options, epochMs, before, after }: RunRecord): number[] {
  return after.viewers.flatMap(({ completions, createdAt }) =>
    completions.flatMap(({ sequence, at }) => {
      const sinceAt = appearedAt(sequence, epochMs, options.segmentSeconds);
      return at >= before.at && sinceAt >= createdAt ? at - sinceAt : [];
    }),
  );
}

/** A segment exists once its end has passed. */
const appearedAt = (sequence: number, epochMs: number, segmentSeconds: number): number =>
  epochMs + (sequence + 1) * segmentSeconds * 1000;

/** Jain's index of the share of its uplink that each viewer used. */
function jainOf({ population, before, after }: RunRecord): number | null {
  const used = population.flatMap(({ uploadBitsPerSecond }, i) => {
    const bytes = (after.viewers[i]?.uploadedBytes ?? 0) - (before.viewers[i]?.uploadedBytes ?? 0);
    return uploadBitsPerSecond > 0 ? bytes / uploadBitsPerSecond : [];
  });
  return ratio(sum(used) ** 2, used.length * sum(used.map((share) => share * share)));
}

function controlDelaysOf(run: RunRecord) {
  const probes = probesOf(run);
  const delays = probes.flatMap(({ isSaturated, delayMs }) => (isSaturated ? [delayMs] : []));
  return {
    controlDelayMsP50: percentile(delays, 0.5),
    controlDelayMsP95: percentile(delays, 0.95),
    controlDelayProbes: delays.length,
    controlDelayMsP95Always: percentile(
      probes.map(({ delayMs }) => delayMs),
      0.95,
    ),
  };
}

/** The probes that were sent while we measured, and whether their sender's uplink was full then. */
export function probesOf({ population, before, after, switchReports, lineOf }: RunRecord) {
  const saturated = population.map(({ uplinkBitsPerSecond }, i) =>
    saturatedSpans(switchReports, lineOf(i), uplinkBitsPerSecond),
  );
  return after.viewers
    .flatMap((viewer) => viewer.probes)
    .filter(({ sentAt }) => sentAt >= before.at)
    .map((probe) => ({
      ...probe,
      isSaturated: saturated[probe.from]?.some(({ from, to }) => probe.sentAt >= from && probe.sentAt < to) === true,
    }));
}

function packetsOf({ population, before, switchReports, lineOf }: RunRecord) {
  const first = switchReports.find(({ at }) => at >= before.at);
  const last = switchReports.at(-1);
  const grown = (count: "lost" | "upDropped"): number =>
    sum(population.map((_, i) => (last?.lines[lineOf(i)]?.[count] ?? 0) - (first?.lines[lineOf(i)]?.[count] ?? 0)));
  return { packetsLost: grown("lost"), packetsDropped: grown("upDropped") };
}

const ratio = (part: number, whole: number): number | null => (whole > 0 ? part / whole : null);

const percent = (share: number | null): number | null => (share === null ? null : 100 * share);
