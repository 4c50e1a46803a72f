import type { Bytes, Millis } from "../../base/time.ts";
import type { SwarmTuning } from "./tuning.ts";

/**
 * How much may be sent to one peer and not yet acknowledged. Grown and shrunk by measured delay, in the spirit of
 * LEDBAT (RFC 6817): a queue at the bottleneck makes Chromium's SCTP collapse for seconds, and `bufferedAmount` does
 * not show what is in flight. Counts chunk payload only.
 */
export class LinkWindow {
  readonly #tuning: SwarmTuning;
  #windowBytes: Bytes;
  #sent: Bytes = 0;
  #acknowledged: Bytes = 0;
  /** End offset and instant of each chunk sent and not acknowledged, oldest first. */
  readonly #inFlight: { readonly end: Bytes; readonly at: Millis; readonly full: boolean }[] = [];
  #shrunkAt: Millis = 0;
  /** Smallest delay of the current and of the last period: the path without a queue, forgotten slowly. */
  #delayMin = Infinity;
  #delayMinBefore = Infinity;
  #periodAt: Millis = 0;

  constructor(tuning: SwarmTuning) {
    this.#tuning = tuning;
    this.#windowBytes = tuning.linkWindowBytes;
  }

  get inFlightBytes(): Bytes {
    return this.#sent - this.#acknowledged;
  }

  /** When the oldest chunk that is not acknowledged was sent. */
  get oldestAt(): Millis {
    return this.#inFlight[0]?.at ?? Infinity;
  }

  get sentBytes(): Bytes {
    return this.#sent;
  }

  get windowBytes(): Bytes {
    return this.#windowBytes;
  }

  /** Smallest time from sending a chunk to its acknowledgement, lately. */
  get delayMsMin(): Millis | undefined {
    const delay = Math.min(this.#delayMin, this.#delayMinBefore);
    return delay === Infinity ? undefined : delay;
  }

  maySend(bytes: Bytes): boolean {
    return this.inFlightBytes === 0 || this.inFlightBytes + bytes <= this.#windowBytes;
  }

  sent(now: Millis, bytes: Bytes): void {
    this.#sent += bytes;
    const full = this.inFlightBytes + bytes > this.#windowBytes;
    this.#inFlight.push({ end: this.#sent, at: now, full });
  }

  /** `total` counts modulo 2^32. Returns the bytes newly acknowledged, or undefined when more than was sent. */
  acknowledged(now: Millis, total: Bytes): Bytes | undefined {
    const bytes = (total - (this.#acknowledged % 0x1_0000_0000) + 0x1_0000_0000) % 0x1_0000_0000;
    if (bytes > this.inFlightBytes) return undefined;
    this.#acknowledged += bytes;
    let newest: { readonly at: Millis; readonly full: boolean } | undefined;
    while (this.#inFlight[0] && this.#inFlight[0].end <= this.#acknowledged) newest = this.#inFlight.shift();
    if (newest) this.#adapt(now, now - newest.at, newest.full, bytes);
    return bytes;
  }

  #adapt(now: Millis, delay: Millis, full: boolean, bytes: Bytes): void {
    if (now - this.#periodAt > DELAY_PERIOD_MS) {
      this.#periodAt = now;
      this.#delayMinBefore = this.#delayMin;
      this.#delayMin = Infinity;
    }
    this.#delayMin = Math.min(this.#delayMin, delay);
    const least = Math.min(this.#delayMin, this.#delayMinBefore);
    const { linkWindowBytesMin: min, linkWindowBytesMax: max } = this.#tuning;
    if (delay <= Math.max(DELAY_GROWTH * least, least + DELAY_SLACK_MS)) {
      if (full) this.#windowBytes = Math.min(max, this.#windowBytes + bytes / 2);
    } else if (now - this.#shrunkAt > delay) {
      // Once per round trip: what is in flight was sent before the last cut.
      this.#shrunkAt = now;
      this.#windowBytes = Math.max(min, this.#windowBytes * WINDOW_CUT);
    }
  }
}

/** Grow while a chunk takes at most this many times the least delay: beyond, it waits in somebody's queue. */
const DELAY_GROWTH = 2.5;

/** On short paths scheduling noise alone exceeds that ratio. */
const DELAY_SLACK_MS = 50;

const WINDOW_CUT = 0.8;

/** How long the least delay is remembered, twice over: paths change. */
const DELAY_PERIOD_MS = 10_000;
