/**
 * What hls.js's bandwidth estimate is told of a load: the rules AB1 to AB9 of docs/abr.md. It assumes that every byte
 * came over one link at once; the times of bytes from peers or from the cache, taken at face value, drive it to hundreds
 * of Mbit/s or pin it just above the bitrate. So a segment with such bytes is reported as if it had come at the rate
 * that CDN and swarm could sustain. Loads from the CDN alone stay as they were. Chooses no level: that is hls.js's.
 */
import type { LoaderStats } from "hls.js";
import type { Bytes, Millis } from "../base/time.ts";
import type { TrackId } from "../protocol/ids.ts";
import type { PeerStats } from "../swarm/core/stats.ts";

/** How fast the CDN is, over all requests of this viewer together. */
export class OriginRate {
  readonly #fast = new TimeWeightedMean(FAST_HALF_LIFE_MS);
  readonly #slow = new TimeWeightedMean(SLOW_HALF_LIFE_MS);
  #firstByteMs: Millis | undefined;
  #openTransfers = 0;
  /** Start of the time not yet accounted for, in which at least one transfer was open. */
  #busySince: Millis = 0;
  #bytes: Bytes = 0;
  /** When two transfers last shared the line: the times of either say little then. */
  sharedAt: Millis = -Infinity;

  /** A transfer's first byte arrived `firstByteMs` after it was asked for. */
  opened(now: Millis, firstByteMs: Millis): void {
    this.#firstByteMs = Math.max(firstByteMs, FIRST_BYTE_MS_MIN);
    if (this.#openTransfers++ === 0) this.#busySince = Math.max(this.#busySince, now);
    else this.sharedAt = now;
  }

  received(bytes: Bytes): void {
    this.#bytes += bytes;
  }

  /** An opened transfer ended, whatever way. */
  closed(now: Millis): void {
    this.#openTransfers--;
    if (this.#openTransfers > 0) this.sharedAt = now;
    // One sample for all that overlap: whose bytes came when is not known of every loader.
    if (this.#openTransfers === 0 || now - this.#busySince >= SAMPLE_MS_MAX) this.#sample(now);
  }

  /** As hls.js reckons: the lower of two means, so that it falls at once and rises slowly. */
  bitsPerSecond(now: Millis): number | undefined {
    // A CDN that has become slow is not to be known for it only once it is done.
    if (this.#openTransfers > 0 && this.#bytes >= SAMPLE_BYTES_MIN) this.#sample(now);
    const [fast, slow] = [this.#fast.mean, this.#slow.mean];
    return fast === undefined || slow === undefined ? undefined : Math.min(fast, slow);
  }

  get firstByteMs(): Millis {
    return this.#firstByteMs ?? FIRST_BYTE_MS_DEFAULT;
  }

  #sample(now: Millis): void {
    const busyMs = now - this.#busySince;
    if (this.#bytes >= SAMPLE_BYTES_MIN && busyMs > 0) {
      const bitsPerSecond = (this.#bytes * 8000) / busyMs;
      this.#fast.add(bitsPerSecond, busyMs);
      this.#slow.add(bitsPerSecond, busyMs);
    }
    this.#busySince = now;
    this.#bytes = 0;
  }
}

/** How much of what is played peers bring, over the last few segments; 0 before the first. */
export class PeerShare {
  mean = 0;

  add({ peerBytes, originBytes }: { readonly peerBytes: Bytes; readonly originBytes: Bytes }): void {
    this.mean += SHARE_WEIGHT * (peerBytes / (peerBytes + originBytes) - this.mean);
  }
}

/** A level, and what the peers that play it would bring of it together. */
export interface LevelRate {
  readonly bitrate: number;
  readonly swarm: number;
}

/** Gives what the peers that play a rendition bring together; one that has brought nothing yet, as much as the others. */
export function swarmRateOf(peers: readonly PeerStats[]): (track: TrackId | undefined) => number {
  const rates = peers.map(({ bitsPerSecond }) => bitsPerSecond).filter((rate) => rate > 0);
  const mean = rates.reduce((sum, rate) => sum + rate, 0) / Math.max(1, rates.length);
  return (track) => {
    let sum = 0;
    for (const { following, uplink, bitsPerSecond } of peers)
      if (track !== undefined && uplink > 0 && following.includes(track)) sum += bitsPerSecond || mean;
    return sum;
  };
}

/** What the report may rest on. Rates in bits per second; `undefined` for unknown. */
export interface RateKnowledge {
  readonly origin: number | undefined;
  /** hls.js's own estimate now: reporting it back changes nothing. */
  readonly player: number | undefined;
  /** From the level of the load upwards. */
  readonly ladder: readonly LevelRate[];
  readonly peerShare: number;
  /** When two requests last shared the line to the CDN. */
  readonly sharedAt: Millis;
  readonly firstByteMs: Millis;
}

/** What CDN and swarm together could sustain (AB3 to AB7). */
export function sustainableRate({ origin, player, ladder, peerShare }: RateKnowledge): number {
  const top = Math.max(0, ...ladder.map(({ bitrate }) => bitrate));
  let rate = origin ?? usable(player) ?? usable(top) ?? Infinity;
  // What peers do not bring is left to the CDN.
  const carried = (origin ?? 0) / (1 - Math.min(peerShare, PEER_SHARE_MAX));
  for (const [index, { bitrate, swarm }] of ladder.entries()) {
    const next = ladder[index + 1]?.bitrate ?? Infinity;
    const enough = Math.min(bitrate * LEVEL_FACTOR, next * BELOW_LEVEL_FACTOR);
    rate = Math.max(rate, Math.min((origin ?? 0) + swarm, carried, enough));
    // A level beyond one that neither can carry is never reached.
    if (rate < Math.min(enough, bitrate * CHOSEN_FACTOR)) break;
  }
  return Math.min(rate, usable(top * LEVEL_FACTOR) ?? Infinity);
}

/**
 * Writes a finished load that peers or the cache had a part in. `lateRate` is that of a load which took too long although
 * the CDN was asked: whatever is known, that is how it is now.
 */
export function shapeStats(
  stats: LoaderStats,
  now: Millis,
  byteLength: Bytes,
  known: RateKnowledge,
  lateRate = Infinity,
): void {
  const bitsPerSecond = Math.min(sustainableRate(known), lateRate);
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
/** A segment that came otherwise than those before changes little, three in a row nearly all. */
const SHARE_WEIGHT = 0.3;
/** One stripe in eight may always fall to the CDN. */
const PEER_SHARE_MAX = 0.875;
/** hls.js goes up to a level once the estimate is 1/0.7 of its bitrate (`abrBandWidthUpFactor`). */
const CHOSEN_FACTOR = 1.43;
/** Short of that. */
const BELOW_LEVEL_FACTOR = 1.4;
/** More changes no choice any more, and would take long to come down; much less takes hls.js's means too long to reach. */
const LEVEL_FACTOR = 2;
