/** Types of the origin, for tests and bench. What each option does is told here once. */
import type { IncomingMessage, ServerResponse } from "node:http";

export interface OriginOptions {
  /** 0, the default, takes any free port. */
  readonly port?: number;
  /** Default "127.0.0.1". */
  readonly host?: string;
  /**
   * "full", the default: 640x360, 25 frames a second, sound. "light": 160x90, 5 frames a second, silent, for many
   * players on one machine; without sound there is no sound card whose clock runs slow when the machine is busy.
   */
  readonly pictures?: "full" | "light";
  /** 2, the default, or any whole multiple of it that divides the loop: neighbouring segments become one. */
  readonly segmentSeconds?: number;
  /** Every segment is filled up to exactly this rate. Default: as it was encoded. */
  readonly bitsPerSecond?: number;
  /** Segments listed by the live playlist. Default 15. */
  readonly windowSegments?: number;
  /** Length of the VOD, rounded up to a whole number of segments. Default: one loop. */
  readonly vodSeconds?: number;
  /** Instant at which segment 0 of the live stream began. Default: yesterday 0:00 UTC, so that a restart goes on. */
  readonly epochMs?: number;
  /** Wall clock, milliseconds since 1970. Default `Date.now`. */
  readonly clock?: { now(): number };
  /** Playlists give roots, as `hls-swarm sign` would, unless they are asked for with `?unsigned`. Default false. */
  readonly signed?: boolean;
  /** Delay before the first byte of every answer, plus or minus `jitterMs`. Default 0. */
  readonly latencyMs?: number;
  readonly jitterMs?: number;
  /** Source of the jitter, in [0, 1). Default `Math.random`. */
  readonly random?: () => number;
  /** Rate of each TCP connection. 0, the default: not limited. */
  readonly bitsPerSecondPerConnection?: number;
  /**
   * `true`, the default: 206. `false`: not offered, whole answers. "ignore": offered, yet whole answers.
   * "hide": 206, but scripts of other origins may not read Content-Range.
   */
  readonly ranges?: boolean | "ignore" | "hide";
  /** Whether pages of other origins may read the answers. Default true. */
  readonly cors?: boolean;
  /** Cache-Control of segments. Default "no-store": a browser's cache would hide requests from the counters. */
  readonly cacheControl?: string;
  /** Lets a page POST /throttle. Default false. */
  readonly allowControl?: boolean;
  /** Path prefix to directory or file: serves a page beside the stream. */
  readonly mounts?: Readonly<Record<string, string>>;
  /** Asked in order before anything else; the first that returns true has answered. */
  readonly extraHandlers?: readonly OriginHandler[];
  /** Keeps `log`. Default false. */
  readonly keepLog?: boolean;
}

export type OriginHandler = (
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  origin: RunningOrigin,
) => boolean;

/** Bytes are of segment bodies and files of hashes alone, counted when the write that carried them was flushed to the socket. */
export interface ViewerCounters {
  readonly bytes: number;
  /** GET requests for segments or their hashes, and those of them that asked for a range. */
  readonly requests: number;
  readonly rangeRequests: number;
  /** By media sequence number. */
  readonly segmentBytes: ReadonlyMap<number, number>;
}

export interface OriginCounters {
  readonly totalBytes: number;
  readonly requests: number;
  readonly rangeRequests: number;
  readonly segmentBytes: ReadonlyMap<number, number>;
  /** By viewer label: what follows `hls-viewer/` in the User-Agent, "" when nothing does. */
  readonly byViewer: ReadonlyMap<string, ViewerCounters>;
}

/** One request for a segment, once it has ended. */
export interface OriginLogEntry {
  readonly viewer: string;
  readonly segment: number;
  readonly range: string | undefined;
  readonly status: number;
  readonly bytes: number;
  /** Milliseconds since 1970, of the machine whatever `clock` says. */
  readonly startedAt: number;
  readonly endedAt: number;
}

export type OriginFault =
  | { readonly kind: "none" }
  /** Answers that status (default 503) to `share` of the requests (default all), evenly spread. */
  | { readonly kind: "5xx"; readonly status?: number; readonly share?: number; readonly playlists?: boolean }
  /** Closes every connection of the stream, and each new one as soon as it asks for something of it. */
  | { readonly kind: "outage" };

export interface RunningOrigin {
  /** `http://host:port`, without a slash. */
  readonly url: string;
  readonly port: number;
  readonly liveUrl: string;
  readonly vodUrl: string;
  /** Exact size of the init segment and of segment N. */
  readonly init: Buffer;
  segment(sequence: number): Buffer;
  /** First and last segment that the live playlist lists now. */
  liveWindow(): { readonly first: number; readonly last: number };
  readonly segmentSeconds: number;
  readonly bitsPerSecond: number;
  counters(): OriginCounters;
  readonly log: readonly OriginLogEntry[];
  setFault(fault: OriginFault): void;
  /** Rate of all media together; 0 lifts it. */
  setThrottle(bitsPerSecond: number): void;
  /** What it was last set to; 0 when it never was. */
  readonly throttleBitsPerSecond: number;
  /** Ends every connection. Idempotent. */
  close(): Promise<void>;
}

export function createOrigin(options?: OriginOptions): Promise<RunningOrigin>;
