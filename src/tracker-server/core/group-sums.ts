/**
 * What the viewers of one group of one stream have counted together: those that share, or those that are held out. Of
 * fixed size however many there are, and two of them add up to one.
 */

import { addCounts, NO_COUNTS, type SessionCounts } from "./session-counts.ts";
import { addRatios, NO_SESSIONS, replaceSample, type RatioSums, type Sample } from "./ratio-sums.ts";

/** What groups are compared by. Per viewer, so that a difference can be told from chance. */
export interface GroupRatios {
  readonly stallsPerHour: RatioSums;
  /** Of the time that it wanted to play. */
  readonly stalledShare: RatioSums;
  readonly startUpMs: RatioSums;
  readonly originBytesPerSecond: RatioSums;
  readonly offload: RatioSums;
}

export interface GroupSums {
  readonly sessions: number;
  readonly counts: SessionCounts;
  readonly ratios: GroupRatios;
}

const SAMPLES: Readonly<Record<keyof GroupRatios, (counts: SessionCounts) => Sample>> = {
  stallsPerHour: ({ playedMs, stalls }) => ({ x: playedMs / HOUR_MS, y: stalls }),
  stalledShare: ({ playedMs, stalledMs }) => ({ x: playedMs + stalledMs, y: stalledMs }),
  startUpMs: ({ startUpMs }) => ({ x: startUpMs > 0 ? 1 : 0, y: startUpMs }),
  originBytesPerSecond: ({ playedMs, originReceivedBytes }) => ({ x: playedMs / 1000, y: originReceivedBytes }),
  offload: ({ peerBytes, originBytes }) => ({ x: peerBytes + originBytes, y: peerBytes }),
};

const eachRatio = (make: (name: keyof GroupRatios) => RatioSums): GroupRatios => ({
  stallsPerHour: make("stallsPerHour"),
  stalledShare: make("stalledShare"),
  startUpMs: make("startUpMs"),
  originBytesPerSecond: make("originBytesPerSecond"),
  offload: make("offload"),
});

/** One session of the group had counted `before` and has now counted `growth` more. */
export function growGroup(group: GroupSums, before: SessionCounts, growth: SessionCounts): GroupSums {
  const now = addCounts(before, growth);
  const ratios = eachRatio((name) => replaceSample(group.ratios[name], SAMPLES[name](before), SAMPLES[name](now)));
  return { sessions: group.sessions, counts: addCounts(group.counts, growth), ratios };
}

export const addGroups = (a: GroupSums, b: GroupSums): GroupSums => ({
  sessions: a.sessions + b.sessions,
  counts: addCounts(a.counts, b.counts),
  ratios: eachRatio((name) => addRatios(a.ratios[name], b.ratios[name])),
});

export const EMPTY_GROUP: GroupSums = { sessions: 0, counts: NO_COUNTS, ratios: eachRatio(() => NO_SESSIONS) };

const HOUR_MS = 3_600_000;
