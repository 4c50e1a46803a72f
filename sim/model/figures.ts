/**
 * What a run comes to. The fields are stable: scripts read them. Shares are from 0 to 1, `Pct` from 0 to 100, times in
 * milliseconds. Everything is counted between the end of the warm-up and the end of the run.
 */
export interface Figures {
  /** Mean number of viewers there. */
  readonly viewers: number;
  /** Mean bytes that the origin sent of a segment, over its size; all renditions' copies together. 0 in VOD. */
  readonly copiesPerSegment: number;
  /** `1 - origin bytes / useful bytes`, where useful bytes are those that a viewer did not hold before. */
  readonly offload: number;
  /** The fluid bound of this run's viewers: min(1 - one copy of everything, uplink of all / (demand x wire overhead)). */
  readonly bound: number;
  /** `offload / bound`; 1 where the bound is 0. */
  readonly offloadOfBound: number;
  /** Share of the bytes from peers that came from a viewer of the same region; 1 where there are no regions. */
  readonly peerBytesWithinRegion: number;
  /** Of the useful bytes, what viewers fetched from the origin themselves. */
  readonly viewersOriginShare: number;
  /** Origin bytes over the bytes of all segments that were played. Plain players: 1, and a little for what is never played. */
  readonly cdnBytesPerBytePlayed: number;
  readonly stalls: number;
  readonly stallMs: number;
  /** Segments played. */
  readonly plays: number;
  /** From joining to the first picture, of those who joined while we measured. */
  readonly startupMsP50: number;
  readonly startupMsP95: number;
  /** Bytes that a viewer held already, of the useful bytes. */
  readonly duplicatesPct: number;
  /** Wire bytes of all messages but chunks, of the useful bytes. */
  readonly controlPct: number;
  /** From a segment's appearance at the origin to its completion at a viewer that was there before it. 0 in VOD. */
  readonly ageMsP50: number;
  readonly ageMsP95: number;
  readonly httpRequestsPerViewerSegment: number;
  /** Jain's index of the share of its uplink that each viewer with uplink used. */
  readonly uploadJain: number;
  /** Chunks of peers that did not fit the roots, and were not kept; from the first second on. */
  readonly forgedChunks: number;
  /** Files of hashes that the origin served. */
  readonly hashFiles: number;
  /** Simulated events. */
  readonly events: number;
  readonly wallMs: number;
  readonly peakRssMb: number;
  /** Of everything that crossed the simulated network, in order: 8 hex digits. */
  readonly traceHash: string;
}

/** One more table, for whoever asks where the origin's bytes went: shares of the useful bytes, by reason. */
export interface OriginBytesByReason {
  /** First segment of a joiner or after a seek. */
  readonly start: number;
  readonly elected: number;
  readonly due: number;
  readonly alone: number;
}

export interface RunResult {
  readonly figures: Figures;
  readonly originByReason: OriginBytesByReason;
  /** Sentences, each naming what must always hold and did not, when, and for whom. Empty in a good run. */
  readonly violations: readonly string[];
  /** Per measured live segment: its origin copies. */
  readonly copies: readonly number[];
}

/** Asked for by `--trace`: called for everything worth a mark, in order of time. Times in simulated milliseconds. */
export interface TraceSink {
  /** `viewer` indexes the viewers in order of arrival. */
  span(viewer: number, name: string, fromMs: number, toMs: number, details: Readonly<Record<string, unknown>>): void;
  mark(viewer: number, name: string, atMs: number, details: Readonly<Record<string, unknown>>): void;
}

/** What the machine adds to a run and a pure model cannot know. */
export interface Host {
  /** Milliseconds, for `wallMs`. */
  now(): number;
  rssMb(): number;
  readonly trace?: TraceSink | undefined;
}
