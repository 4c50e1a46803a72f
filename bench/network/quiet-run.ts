/** Records of a run in which nothing happened, for tests to change what they are about. */
import type { Reading, RunRecord } from "./figures.ts";
import { parseOptions } from "./options.ts";
import type { Member } from "./plan.ts";
import type { ViewerReport } from "./viewer/viewer-report.ts";

export const OPTIONS = parseOptions(["--viewers", "2", "--seconds", "40"]);
/** 4 s at 1 Mbit/s. */
export const SEGMENT_BYTES = 500_000;
export const BEGAN_AT = 100_000;
export const ENDED_AT = 140_000;
/** Segment 0 appears when the measurement begins. */
export const EPOCH_MS = BEGAN_AT - 4000;

export const member = (upload: number): Member => ({
  uploadBitsPerSecond: upload * 1e6,
  uplinkBitsPerSecond: (upload || 1) * 1e6,
  downlinkBitsPerSecond: 1e7,
  isWitness: false,
});

export const viewer = (more: Partial<ViewerReport> = {}): ViewerReport => ({
  createdAt: 70_000,
  startedAt: 70_800,
  stalls: [],
  ...{ plays: 0, playedBytes: 0, peerReceivedBytes: 0, originReceivedBytes: 0, uploadedBytes: 0, wastedBytes: 0 },
  ...{ controlFrames: 0, controlBytes: 0, completions: [], probes: [], openLinks: 1, errors: [] },
  ...more,
});

export const reading = (
  at: number,
  viewers: readonly ViewerReport[],
  origin: Partial<Reading["origin"]> = {},
): Reading => ({
  at,
  viewers,
  origin: {
    streamUrl: "",
    pageUrl: "",
    trackerUrl: "",
    originBytes: 0,
    requests: 0,
    segmentBytes: new Map(),
    ...origin,
  },
});

export const run = (more: Partial<RunRecord>): RunRecord => ({
  options: OPTIONS,
  population: [member(5), member(1)],
  epochMs: EPOCH_MS,
  before: reading(BEGAN_AT, [viewer(), viewer()]),
  after: reading(ENDED_AT, [viewer(), viewer()]),
  wallMs: 70_000,
  switchReports: [],
  lineOf: (index) => index + 1,
  ...more,
});
