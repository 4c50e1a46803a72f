/** Types of the low-latency origin, for tests and bench. What each option does is told here once. */
import type { OriginCounters } from "./origin.d.mts";

export interface LowLatencyOptions {
  /** 0, the default, takes any free port. */
  readonly port?: number;
  /** Default "127.0.0.1". */
  readonly host?: string;
  /** 2, the default, or 4; parts are half a second long. */
  readonly segmentSeconds?: number;
  /** Every part is filled up to exactly this rate. Default 1.2 Mbit/s: 75 kB a part. */
  readonly bitsPerSecond?: number;
  /** Segments listed beside the one in the making. Default 15. */
  readonly windowSegments?: number;
  /** Instant at which segment 0 began. Default: an hour ago. */
  readonly epochMs?: number;
  /** Round trip between viewer and origin, half of it each way. Default 0. */
  readonly latencyMs?: number;
  /** Parts are byte ranges of their segment instead of files of their own. Default false. */
  readonly byteRangeParts?: boolean;
  /** Segments and parts have roots, as `hls-swarm sign` would write them. Default false. */
  readonly signed?: boolean;
  /** Whether the next part is hinted at. Default true. */
  readonly hints?: boolean;
  /** Whether a request for a part that is not made yet is held until it is, as it must be; else 404. Default true. */
  readonly holdsHints?: boolean;
  /** Path prefix to directory or file: serves a page beside the stream. */
  readonly mounts?: Readonly<Record<string, string>>;
}

/** One request for a segment or part, once it has ended. */
export interface LowLatencyLogEntry {
  readonly viewer: string;
  /** Media sequence number. */
  readonly sequence: number;
  /** Undefined for a request of the segment's own resource. */
  readonly part: number | undefined;
  readonly range: string | undefined;
  /** Asked for before it was made. */
  readonly held: boolean;
  readonly bytes: number;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly endedAt: number;
}

export interface RunningLowLatencyOrigin {
  /** `http://host:port`, without a slash. */
  readonly url: string;
  readonly port: number;
  readonly liveUrl: string;
  readonly init: Buffer;
  readonly segmentSeconds: number;
  readonly partsPerSegment: number;
  readonly epochMs: number;
  segment(sequence: number): Buffer;
  part(sequence: number, index: number): Buffer;
  /** As of the other origin; by media sequence number, parts and whole segments together. */
  counters(): OriginCounters;
  readonly log: readonly LowLatencyLogEntry[];
  /** Ends every connection. Idempotent. */
  close(): Promise<void>;
}

export function createLowLatencyOrigin(options?: LowLatencyOptions): Promise<RunningLowLatencyOrigin>;
