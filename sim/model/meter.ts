import type { Bytes, Millis } from "../../src/base/time.ts";
import type { FetchReason } from "../../src/swarm/core/action.ts";
import type { Figures, RunResult } from "./figures.ts";
import { WIRE_FACTOR } from "./network.ts";
import type { Plan } from "./plan.ts";
import type { Stream } from "./stream.ts";

/** What one viewer did, for the sums over all. */
export interface Presence {
  readonly fromMs: Millis;
  readonly toMs: Millis;
  /** Bytes per millisecond that it can upload; 0 for liars too, as nobody gets anything of it. */
  readonly uplinkRate: number;
  /** 0 for a seeder. */
  readonly demandRate: number;
  readonly rendition: number;
  readonly sentBytes: Bytes;
}

/** Counts, from the end of the warm-up on. */
export class Meter {
  readonly #plan: Plan;
  readonly fromMs: Millis;
  readonly toMs: Millis;
  on = false;
  originBytes: Bytes = 0;
  peerBytes: Bytes = 0;
  /** Of these, from viewers of the same region. */
  nearBytes: Bytes = 0;
  /** Received from the origin and not held before. */
  originUsefulBytes: Bytes = 0;
  duplicateBytes: Bytes = 0;
  controlBytes: Bytes = 0;
  playedBytes: Bytes = 0;
  originRequests = 0;
  completed = 0;
  /** Chunks that viewers found altered before they kept them; of the warm-up, too. */
  forgedChunks = 0;
  /** Files of hashes that the origin served. */
  hashFiles = 0;
  stalls = 0;
  stallMs: Millis = 0;
  plays = 0;
  readonly startups: Millis[] = [];
  readonly ages: Millis[] = [];
  readonly originByReason: Record<FetchReason | "start", Bytes> = { start: 0, elected: 0, due: 0, alone: 0 };
  readonly violations: string[] = [];
  #hash = 0x811c9dc5;

  constructor(plan: Plan) {
    this.#plan = plan;
    this.fromMs = plan.warmupSeconds * 1000;
    this.toMs = this.fromMs + plan.measuredSeconds * 1000;
  }

  /** Folds something that happened into the trace hash (FNV-1a over 32-bit words). */
  trace(a: number, b: number, c: number, d: number): void {
    let h = this.#hash;
    h = Math.imul(h ^ a, 0x01000193);
    h = Math.imul(h ^ b, 0x01000193);
    h = Math.imul(h ^ c, 0x01000193);
    this.#hash = Math.imul(h ^ d ^ (h >>> 15), 0x01000193);
  }

  /** Bytes that somebody had of a peer, and not before. */
  fromPeer(byteLength: Bytes, isNear: boolean): void {
    this.peerBytes += byteLength;
    if (isNear) this.nearBytes += byteLength;
  }

  violated(now: Millis, viewer: number, what: string): void {
    if (this.violations.length < VIOLATIONS_MAX)
      this.violations.push(`at ${(now / 1000).toFixed(3)} s viewer ${viewer} ${what}`);
  }

  result(
    stream: Stream,
    presences: readonly Presence[],
    run: { readonly events: number; readonly wallMs: number; readonly peakRssMb: number },
  ): RunResult {
    const useful = this.originUsefulBytes + this.peerBytes;
    const offload = useful > 0 ? Math.max(0, 1 - this.originBytes / useful) : 0;
    const { bound, viewers, jain } = this.#fluid(presences);
    const copies = this.#copies(stream);
    const share = (bytes: Bytes): number => (useful > 0 ? bytes / useful : 0);
    const figures: Figures = {
      viewers: Math.round(viewers),
      copiesPerSegment: copies.length > 0 ? copies.reduce((sum, n) => sum + n, 0) / copies.length : 0,
      offload,
      bound,
      offloadOfBound: bound > 0 ? offload / bound : 1,
      peerBytesWithinRegion: this.peerBytes > 0 ? this.nearBytes / this.peerBytes : 1,
      viewersOriginShare: share(this.originUsefulBytes),
      cdnBytesPerBytePlayed: this.playedBytes > 0 ? this.originBytes / this.playedBytes : 0,
      stalls: this.stalls,
      stallMs: Math.round(this.stallMs),
      plays: this.plays,
      startupMsP50: quantile(this.startups, 0.5),
      startupMsP95: quantile(this.startups, 0.95),
      duplicatesPct: 100 * share(this.duplicateBytes),
      controlPct: 100 * share(this.controlBytes),
      ageMsP50: quantile(this.ages, 0.5),
      ageMsP95: quantile(this.ages, 0.95),
      httpRequestsPerViewerSegment: this.completed > 0 ? this.originRequests / this.completed : 0,
      uploadJain: jain,
      forgedChunks: this.forgedChunks,
      hashFiles: this.hashFiles,
      ...run,
      traceHash: (this.#hash >>> 0).toString(16).padStart(8, "0"),
    };
    const { start, elected, due, alone } = this.originByReason;
    return {
      figures,
      originByReason: { start: share(start), elected: share(elected), due: share(due), alone: share(alone) },
      violations: this.violations,
      copies,
    };
  }

  /** The bound of facts/scheduling: no policy can offload more than the uplinks carry, or all but one copy of everything. */
  #fluid(presences: readonly Presence[]): { bound: number; viewers: number; jain: number } {
    const spanMs = this.toMs - this.fromMs;
    let demand = 0;
    let capacity = 0;
    let presentMs = 0;
    const rates = new Map<number, number>();
    const used: number[] = [];
    for (const { fromMs, toMs, uplinkRate, demandRate, rendition, sentBytes } of presences) {
      const ms = Math.max(0, Math.min(toMs, this.toMs) - Math.max(fromMs, this.fromMs));
      demand += demandRate * ms;
      capacity += uplinkRate * ms;
      if (demandRate === 0) continue;
      presentMs += ms;
      if (ms > 0) rates.set(rendition, demandRate);
      if (uplinkRate > 0 && ms > JAIN_MS_MIN) used.push(sentBytes / (uplinkRate * ms));
    }
    const oneCopy = [...rates.values()].reduce((sum, rate) => sum + rate * spanMs, 0);
    const bound = demand > 0 ? Math.max(0, Math.min(1 - oneCopy / demand, capacity / demand / WIRE_FACTOR)) : 0;
    const sum = used.reduce((total, u) => total + u, 0);
    const squares = used.reduce((total, u) => total + u * u, 0);
    return { bound, viewers: presentMs / spanMs, jain: squares > 0 ? (sum * sum) / (used.length * squares) : 0 };
  }

  /** Of the segments that appeared early enough for everybody to have had them by the end. */
  #copies(stream: Stream): number[] {
    const { media, segmentSeconds, renditions } = this.#plan;
    if (media.type === "vod") return [];
    const lastMs = this.toMs - (media.behindSeconds + segmentSeconds) * 1000;
    const bySequence = new Map<number, number>();
    for (const { availableAt, byteLength, originBytes, name } of stream.all())
      if (availableAt >= this.fromMs && availableAt <= lastMs)
        bySequence.set(name.sequence, (bySequence.get(name.sequence) ?? 0) + originBytes / byteLength);
    return [...bySequence].sort(([a], [b]) => a - b).map(([, copies]) => copies / renditions.length);
  }
}

function quantile(values: readonly number[], share: number): number {
  if (values.length === 0) return 0;
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}

const VIOLATIONS_MAX = 20;
/** Viewers that were there for less than two segments say nothing about fairness. */
const JAIN_MS_MIN = 8000;
