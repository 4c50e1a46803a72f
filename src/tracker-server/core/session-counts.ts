/**
 * What one viewer says it has counted since its session began: media bytes, and how it played. Nobody can prove it; what
 * cannot be true is told from the time that has passed. Adds and subtracts; keeps nothing.
 */

import type { Bytes, Millis } from "../../base/time.ts";
import type { ViewerToTracker } from "../../protocol/tracker-message.ts";

type Report = Extract<ViewerToTracker, { type: "report" }>;

export interface SessionCounts {
  /** Handed to the player, by who brought it. */
  readonly peerBytes: Bytes;
  readonly originBytes: Bytes;
  /** Whatever the origin sent, handed over or not. */
  readonly originReceivedBytes: Bytes;
  readonly uploadedBytes: Bytes;
  readonly wastedBytes: Bytes;
  readonly stalls: number;
  readonly stalledMs: Millis;
  readonly playedMs: Millis;
  /** From the source's loading to the first picture; 0 until it is known. */
  readonly startUpMs: Millis;
}

const COUNTERS = [
  "peerBytes",
  "originBytes",
  "originReceivedBytes",
  "uploadedBytes",
  "wastedBytes",
  "stalls",
  "stalledMs",
  "playedMs",
  "startUpMs",
] as const;

/** What a viewer without a player does not count is 0. Whoever was handed bytes of the origin has received them. */
export const countsOf = (report: Report): SessionCounts => ({
  peerBytes: report.peerBytes,
  originBytes: report.originBytes,
  originReceivedBytes: Math.max(report.originBytes, report.originReceivedBytes ?? 0),
  uploadedBytes: report.uploadedBytes,
  wastedBytes: report.wastedBytes,
  stalls: report.stalls ?? 0,
  stalledMs: report.stalledMs ?? 0,
  playedMs: report.playedMs ?? 0,
  startUpMs: report.startUpMs ?? 0,
});

/** `a + sign * b`, counter by counter. */
const combine = (a: SessionCounts, b: SessionCounts, sign: 1 | -1): SessionCounts => ({
  peerBytes: a.peerBytes + sign * b.peerBytes,
  originBytes: a.originBytes + sign * b.originBytes,
  originReceivedBytes: a.originReceivedBytes + sign * b.originReceivedBytes,
  uploadedBytes: a.uploadedBytes + sign * b.uploadedBytes,
  wastedBytes: a.wastedBytes + sign * b.wastedBytes,
  stalls: a.stalls + sign * b.stalls,
  stalledMs: a.stalledMs + sign * b.stalledMs,
  playedMs: a.playedMs + sign * b.playedMs,
  startUpMs: a.startUpMs + sign * b.startUpMs,
});

export const addCounts = (a: SessionCounts, b: SessionCounts): SessionCounts => combine(a, b, 1);

/** What `now` has more than `before`. */
export const growthOf = (before: SessionCounts, now: SessionCounts): SessionCounts => combine(now, before, -1);

/** The first counter that went back, which no honest one does. */
export const findShrunk = (growth: SessionCounts): keyof SessionCounts | undefined =>
  COUNTERS.find((name) => growth[name] < 0);

/** The least time in which all of this can have happened to one viewer. */
export function leastMsOf(growth: SessionCounts): Millis {
  const { peerBytes, originReceivedBytes, uploadedBytes, wastedBytes, stalls } = growth;
  return Math.max(
    // A viewer starts, plays or stalls, one after the other.
    growth.playedMs + growth.stalledMs + growth.startUpMs,
    stalls * STALL_EVERY_MS_MIN,
    Math.max(peerBytes + originReceivedBytes, wastedBytes) / RECEIVED_BYTES_PER_MS_MAX,
    uploadedBytes / UPLOADED_BYTES_PER_MS_MAX,
  );
}

/** `peerBytes / (peerBytes + originBytes)`, 0 before the first byte. */
export function offloadOf({ peerBytes, originBytes }: SessionCounts): number {
  const used = peerBytes + originBytes;
  return used === 0 ? 0 : peerBytes / used;
}

export const NO_COUNTS: SessionCounts = {
  peerBytes: 0,
  originBytes: 0,
  originReceivedBytes: 0,
  uploadedBytes: 0,
  wastedBytes: 0,
  stalls: 0,
  stalledMs: 0,
  playedMs: 0,
  startUpMs: 0,
};

/** A player that stalls more often than this has stalled once. */
const STALL_EVERY_MS_MIN: Millis = 250;
/** 200 Mbit/s: eight streams in 4K. */
const RECEIVED_BYTES_PER_MS_MAX: Bytes = 25_000;
/** 1 Gbit/s: whoever uploads serves many. */
const UPLOADED_BYTES_PER_MS_MAX: Bytes = 125_000;
