import { hash32 } from "../src/base/random.ts";
import type { Figures, OriginBytesByReason, RunResult } from "./model/figures.ts";

export interface Medians {
  readonly figures: Figures;
  readonly originByReason: OriginBytesByReason;
}

/** Each figure's median over several runs. Their trace hash is a hash of all hashes: it differs when any of them does. */
export function mediansOf(results: readonly RunResult[]): Medians {
  const [first] = results;
  if (!first) throw new Error("no runs, no medians");
  if (results.length === 1) return first;
  const all = results.map(({ figures }) => figures);
  const reasons = results.map(({ originByReason }) => originByReason);
  const of = (pick: (figures: Figures) => number): number => medianOf(all.map(pick));
  const reason = (pick: (reason: OriginBytesByReason) => number): number => medianOf(reasons.map(pick));
  const hash = hash32(all.map(({ traceHash }) => traceHash).join(" "), 0);
  return {
    figures: {
      viewers: of((one) => one.viewers),
      copiesPerSegment: of((one) => one.copiesPerSegment),
      offload: of((one) => one.offload),
      bound: of((one) => one.bound),
      offloadOfBound: of((one) => one.offloadOfBound),
      peerBytesWithinRegion: of((one) => one.peerBytesWithinRegion),
      viewersOriginShare: of((one) => one.viewersOriginShare),
      cdnBytesPerBytePlayed: of((one) => one.cdnBytesPerBytePlayed),
      stalls: of((one) => one.stalls),
      stallMs: of((one) => one.stallMs),
      plays: of((one) => one.plays),
      startupMsP50: of((one) => one.startupMsP50),
      startupMsP95: of((one) => one.startupMsP95),
      duplicatesPct: of((one) => one.duplicatesPct),
      controlPct: of((one) => one.controlPct),
      ageMsP50: of((one) => one.ageMsP50),
      ageMsP95: of((one) => one.ageMsP95),
      httpRequestsPerViewerSegment: of((one) => one.httpRequestsPerViewerSegment),
      uploadJain: of((one) => one.uploadJain),
      forgedChunks: of((one) => one.forgedChunks),
      hashFiles: of((one) => one.hashFiles),
      events: of((one) => one.events),
      wallMs: of((one) => one.wallMs),
      peakRssMb: of((one) => one.peakRssMb),
      traceHash: hash.toString(16).padStart(8, "0"),
    },
    originByReason: {
      start: reason((one) => one.start),
      elected: reason((one) => one.elected),
      due: reason((one) => one.due),
      alone: reason((one) => one.alone),
    },
  };
}

/** The middle one, or the mean of the two in the middle; NaN of none. */
export function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const lower = sorted[(sorted.length - 1) >> 1] ?? NaN;
  const upper = sorted[sorted.length >> 1] ?? NaN;
  return (lower + upper) / 2;
}
