/** What an operator is told of one stream, worked out from its sums. The formulas are those of docs/savings.md. */

import type { Bytes, Millis } from "../../base/time.ts";
import type { GroupRatios } from "./group-sums.ts";
import { estimateDifference, estimateRatio, ratioOf, type Estimate, type RatioSums } from "./ratio-sums.ts";
import { addCounts, offloadOf, type SessionCounts } from "./session-counts.ts";
import type { StreamSums } from "./stream-savings.ts";

export interface StreamReport {
  /** Whatever viewers counted is their word. */
  readonly selfReported: true;
  readonly ageMs: Millis;
  readonly viewers: number;
  readonly seeders: number;
  readonly heldOut: number;
  readonly peak: number;
  /** Of both groups, as are the totals. */
  readonly sessions: number;
  readonly totals: Omit<SessionCounts, "startUpMs">;
  readonly savedBytes: SavedBytes;
  /** Of those who share, like the three after it. */
  readonly offload: number;
  /** How often the origin sent what each of them played; plain hls.js: once for each viewer. */
  readonly copies: number;
  /** Mean number of viewers who watch one rendition at one time: the N of the ceiling. */
  readonly viewersPerRendition: number;
  /** `1 - 1 / N`: somebody has to fetch each segment. */
  readonly ceiling: number;
  readonly comparison: readonly ComparedFigure[];
}

export interface SavedBytes {
  /** Handed to players and not sent by the origin. */
  readonly origin: Bytes;
  /** What that took besides: signals and control messages of the tracker, and what seeders uploaded. */
  readonly tracker: Bytes;
  readonly seeders: Bytes;
  /** The first less the others; below 0 when the swarm costs more than it saves. */
  readonly net: Bytes;
}

/** One figure of both groups. Margins are half widths of 95 % confidence intervals, absent while sessions are too few. */
export interface ComparedFigure {
  readonly figure: keyof GroupRatios;
  readonly sharing: GroupFigure;
  readonly holdOut: GroupFigure;
  /** Of those who share, less that of those held out. */
  readonly difference?: Estimate;
  readonly verdict: "too few sessions" | "no difference shown" | "lower when sharing" | "higher when sharing";
}

export interface GroupFigure {
  readonly sessions: number;
  readonly value: number;
  readonly margin?: number;
}

export function reportStream(sums: StreamSums): StreamReport {
  const { sharing, holdOut } = sums;
  const all = addCounts(sharing.counts, holdOut.counts);
  const played = sharing.counts.peerBytes + sharing.counts.originBytes;
  const viewersPerRendition = viewersPerRenditionOf(sums);
  return {
    selfReported: true,
    ageMs: sums.ageMs,
    viewers: sums.viewers,
    seeders: sums.seeders,
    heldOut: sums.heldOut,
    peak: sums.peak,
    sessions: sessionsOf(sums),
    totals: {
      peerBytes: all.peerBytes,
      originBytes: all.originBytes,
      originReceivedBytes: all.originReceivedBytes,
      uploadedBytes: all.uploadedBytes,
      wastedBytes: all.wastedBytes,
      stalls: all.stalls,
      stalledMs: all.stalledMs,
      playedMs: all.playedMs,
    },
    savedBytes: savedBytesOf(sums),
    offload: offloadOf(sharing.counts),
    copies: played > 0 ? (viewersPerRendition * sharing.counts.originReceivedBytes) / played : 0,
    viewersPerRendition,
    ceiling: ceilingOf(sums),
    comparison: FIGURES.map((figure) => compare(figure, sharing.ratios[figure], holdOut.ratios[figure])),
  };
}

export const sessionsOf = ({ sharing, holdOut }: StreamSums): number => sharing.sessions + holdOut.sessions;

export function savedBytesOf(sums: StreamSums): SavedBytes {
  const { peerBytes, originBytes, originReceivedBytes } = addCounts(sums.sharing.counts, sums.holdOut.counts);
  const origin = peerBytes + originBytes - originReceivedBytes;
  const tracker = sums.relayedBytes + sessionsOf(sums) * CONTROL_BYTES_PER_SESSION;
  const seeders = sums.seederBytes;
  return { origin, tracker, seeders, net: origin - tracker - seeders };
}

/** No more than this can come from peers when so many watch together. */
export function ceilingOf(sums: StreamSums): number {
  const viewers = viewersPerRenditionOf(sums);
  return viewers > 1 ? 1 - 1 / viewers : 0;
}

const viewersPerRenditionOf = ({ viewerMs, renditionMs }: StreamSums): number =>
  renditionMs > 0 ? viewerMs / renditionMs : 0;

function compare(figure: keyof GroupRatios, sharing: RatioSums, holdOut: RatioSums): ComparedFigure {
  const difference = estimateDifference(sharing, holdOut);
  return {
    figure,
    sharing: figureOf(sharing),
    holdOut: figureOf(holdOut),
    ...(difference && { difference }),
    verdict: verdictOf(difference),
  };
}

function figureOf(sums: RatioSums): GroupFigure {
  const estimate = estimateRatio(sums);
  return { sessions: sums.sessions, value: ratioOf(sums), ...(estimate && { margin: estimate.margin }) };
}

function verdictOf(difference: Estimate | undefined): ComparedFigure["verdict"] {
  if (!difference) return "too few sessions";
  if (Math.abs(difference.value) <= difference.margin) return "no difference shown";
  return difference.value < 0 ? "lower when sharing" : "higher when sharing";
}

const FIGURES: ReadonlyArray<keyof GroupRatios> = [
  "stallsPerHour",
  "stalledShare",
  "startUpMs",
  "originBytesPerSecond",
  "offload",
];

/** 1.1 kB in 15 messages besides signals, in a swarm of a hundred that comes and goes; their packets' heads, a handshake. */
const CONTROL_BYTES_PER_SESSION: Bytes = 2000;
