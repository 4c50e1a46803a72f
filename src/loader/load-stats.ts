/**
 * What hls.js's bandwidth estimate is told of a load. It assumes that every byte came over one link at once; bytes
 * from peers or from the cache say nothing of what the CDN could do, and taken at face value they drive the estimate
 * to hundreds of Mbit/s or pin it just above the bitrate. So a segment with such bytes is reported as if the CDN had
 * sent it at the rate that the CDN itself was last measured at. Loads from the CDN alone stay as they were.
 */
import type { LoaderStats } from "hls.js";
import type { Bytes, Millis } from "../base/time.ts";

/** How fast the CDN is, over all requests of this viewer together. */
export class OriginRate {
  readonly #fast = new TimeWeightedMean(FAST_HALF_LIFE_MS);
  readonly #slow = new TimeWeightedMean(SLOW_HALF_LIFE_MS);
  #firstByteMs: Millis | undefined;
  #openTransfers = 0;
  /** Start of the time not yet accounted for, in which at least one transfer was open. */
  #busySince: Millis = 0;
  #bytes: Bytes = 0;

  /** A transfer's first byte arrived `firstByteMs` after it was asked for. */
  opened(now: Millis, firstByteMs: Millis): void {
    this.#firstByteMs = Math.max(firstByteMs, FIRST_BYTE_MS_MIN);
    if (this.#openTransfers++ === 0) this.#busySince = Math.max(this.#busySince, now);
  }

  received(bytes: Bytes): void {
    this.#bytes += bytes;
  }

  /** An opened transfer ended, whatever way. */
  closed(now: Millis): void {
    this.#openTransfers--;
    const busyMs = now - this.#busySince;
    // One sample for all that overlap: whose bytes came when is not known of every loader.
    if (this.#openTransfers > 0 && busyMs < SAMPLE_MS_MAX) return;
    if (this.#bytes >= SAMPLE_BYTES_MIN && busyMs > 0) {
      const bitsPerSecond = (this.#bytes * 8000) / busyMs;
      this.#fast.add(bitsPerSecond, busyMs);
      this.#slow.add(bitsPerSecond, busyMs);
    }
    this.#busySince = now;
    this.#bytes = 0;
  }

  /** As hls.js reckons: the lower of two means, so that it falls at once and rises slowly. */
  get bitsPerSecond(): number | undefined {
    const [fast, slow] = [this.#fast.mean, this.#slow.mean];
    return fast === undefined || slow === undefined ? undefined : Math.min(fast, slow);
  }

  get firstByteMs(): Millis {
    return this.#firstByteMs ?? FIRST_BYTE_MS_DEFAULT;
  }
}

/** What the report may rest on. Rates in bits per second; `undefined` for unknown. */
export interface RateKnowledge {
  readonly origin: number | undefined;
  /** hls.js's own estimate now: reporting it back changes nothing. */
  readonly player: number | undefined;
  /** Highest bitrate of any level. */
  readonly topLevel: number | undefined;
  readonly firstByteMs: Millis;
}

/** Writes a finished load that peers or the cache had a part in. */
export function shapeStats(stats: LoaderStats, now: Millis, byteLength: Bytes, known: RateKnowledge): void {
  const rate = known.origin ?? usable(known.player) ?? usable(known.topLevel);
  // More than this changes no choice of level, and would take long to come down.
  const most = usable(known.topLevel);
  const bitsPerSecond = Math.min(rate ?? Infinity, most === undefined ? Infinity : most * TOP_LEVEL_FACTOR);
  stats.loaded = stats.total = byteLength;
  stats.loading.end = now;
  stats.loading.first = now - (byteLength * 8000) / bitsPerSecond;
  stats.loading.start = stats.loading.first - known.firstByteMs;
  if (Number.isFinite(bitsPerSecond)) stats.bwEstimate = bitsPerSecond;
}

/** Writes a finished load that the CDN alone had a part in, as hls.js's own loaders do. */
export function closeStats(stats: LoaderStats, now: Millis, byteLength: Bytes): void {
  const { loading } = stats;
  loading.first ||= loading.start;
  loading.end = Math.max(now, loading.first);
  stats.loaded = stats.total = byteLength;
  stats.bwEstimate = (byteLength * 8000) / (loading.end - loading.first);
}

const usable = (rate: number | undefined): number | undefined =>
  rate !== undefined && Number.isFinite(rate) && rate > 0 ? rate : undefined;

/** A mean in which what is `halfLifeMs` of busy time ago counts half. */
class TimeWeightedMean {
  readonly #halfLifeMs: Millis;
  #sum = 0;
  #weight = 0;

  constructor(halfLifeMs: Millis) {
    this.#halfLifeMs = halfLifeMs;
  }

  add(value: number, spanMs: Millis): void {
    const kept = 0.5 ** (spanMs / this.#halfLifeMs);
    this.#sum = this.#sum * kept + value * (1 - kept);
    this.#weight = this.#weight * kept + (1 - kept);
  }

  get mean(): number | undefined {
    return this.#weight > 0 ? this.#sum / this.#weight : undefined;
  }
}

/** hls.js's defaults, `abrEwmaFastLive` and `abrEwmaSlowLive`. */
const FAST_HALF_LIFE_MS = 3000;
const SLOW_HALF_LIFE_MS = 9000;
/** Less says more of timers and of the first packets than of the link. */
const SAMPLE_BYTES_MIN: Bytes = 16 * 1024;
/** Transfers may overlap without end. */
const SAMPLE_MS_MAX: Millis = 5000;
/** hls.js takes no less as a time to first byte. */
const FIRST_BYTE_MS_MIN = 5;
/** hls.js's own guess before it has measured any. */
const FIRST_BYTE_MS_DEFAULT = 100;
/** The top level is chosen once the estimate is 1/0.7 of its bitrate. */
const TOP_LEVEL_FACTOR = 2;
