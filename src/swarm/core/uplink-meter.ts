import type { Bytes, Millis } from "../../base/time.ts";

/**
 * What this viewer's uplink carries: the most that was acknowledged in any second lately. Seconds with nothing in flight
 * say nothing, and only those in which the uplink was the limit make the estimate forget (so does BBR,
 * draft-ietf-ccwg-bbr section 4.1): a viewer of whom little is asked does not for that have a small uplink.
 */
export class UplinkMeter {
  /** Start of the current sample; undefined while nothing is in flight. */
  #since: Millis | undefined;
  #ackedBytes: Bytes = 0;
  /** Nothing was in flight when it began. */
  #isBurst = true;
  /** All that may be in flight was, through the whole sample. */
  #isLimited = true;
  /** Best sample of this period and of the last one, and limited samples in this one. */
  #best = 0;
  #bestBefore = 0;
  #limitedSamples = 0;
  /** When a whole period has passed at the limit: this is all it carries. */
  #knownAt: Millis = -Infinity;

  /** What it has been seen to carry; 0 until then. */
  get provenBytesPerSecond(): number {
    return Math.max(this.#best, this.#bestBefore);
  }

  /** What to reckon with. */
  get bytesPerSecond(): number {
    return Math.max(this.provenBytesPerSecond, this.#knownAt > -Infinity ? 0 : RATE_ASSUMED);
  }

  /** Whether that is all it carries, as of not long ago: who uses less than all must look again now and then. */
  isKnown(now: Millis): boolean {
    return now < this.#knownAt + KNOWN_MS;
  }

  /** Something is in flight now. */
  begin(now: Millis): void {
    this.#isBurst = true;
    this.#restart(now);
  }

  #restart(now: Millis): void {
    this.#since = now;
    this.#ackedBytes = 0;
    this.#isLimited = true;
  }

  /**
   * Nothing is any more; `now` where all of it was acknowledged. What a burst was sent and acknowledged in is a sample
   * however short: the uplink carries at least that.
   */
  end(now?: Millis): void {
    if (now !== undefined && this.#since !== undefined && this.#isBurst)
      this.#best = Math.max(this.#best, (this.#ackedBytes * 1000) / Math.max(1, now - this.#since));
    this.#since = undefined;
  }

  /** More might be in flight than is. */
  spare(): void {
    this.#isLimited = false;
  }

  acknowledged(now: Millis, bytes: Bytes): void {
    if (this.#since === undefined) return;
    this.#ackedBytes += bytes;
    const spanMs = now - this.#since;
    if (spanMs < SAMPLE_MS) return;
    this.#best = Math.max(this.#best, (this.#ackedBytes * 1000) / spanMs);
    if (this.#isLimited && ++this.#limitedSamples === SAMPLES_PER_PERIOD) {
      this.#knownAt = now;
      this.#bestBefore = this.#best;
      this.#best = 0;
      this.#limitedSamples = 0;
    }
    // What is acknowledged next was sent before.
    this.#isBurst = false;
    this.#restart(now);
  }
}

/** Until known: 2 Mbit/s. */
const RATE_ASSUMED = 250_000;
/** Acknowledgements come in bursts: over less, the best sample is a burst. */
const SAMPLE_MS = 1000;
/** Between two looks: four seconds at the limit take a tenth of the time. */
const KNOWN_MS = 40_000;
/** After four to eight seconds at the limit what was better before is forgotten. */
const SAMPLES_PER_PERIOD = 4;
