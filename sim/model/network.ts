import type { Rng } from "../../src/base/random.ts";
import type { Bytes, Millis } from "../../src/base/time.ts";
import type { NetworkPlan } from "./plan.ts";

/** One viewer's access line. */
export class Line {
  /** Bytes per millisecond. */
  uplinkRate: number;
  readonly downlinkRate: number;
  /** What is queued in the home router leaves by then: one queue for all connections. */
  uplinkFreeAt: Millis = 0;
  readonly queueMs: Millis;
  #downlinkBytes: Bytes = 0;
  #downlinkAt: Millis = 0;

  constructor(uplinkRate: number, downlinkRate: number, queueMs: Millis) {
    this.uplinkRate = uplinkRate;
    this.downlinkRate = downlinkRate;
    this.queueMs = queueMs;
  }

  /**
   * What the downlink adds to a message: a bucket that drains at its rate. Counted when the message is sent, not when
   * it arrives, as messages on slow paths would otherwise hold up those that overtake them.
   */
  downlinkMs(now: Millis, wireBytes: Bytes): Millis {
    const drained = (now - this.#downlinkAt) * this.downlinkRate;
    this.#downlinkAt = now;
    this.#downlinkBytes = Math.max(0, this.#downlinkBytes - drained) + wireBytes;
    return this.#downlinkBytes / this.downlinkRate;
  }
}

/**
 * One direction of one connection: what it takes a message from one viewer to another. An ordered stream over a
 * congestion window that starts small, doubles every round trip and halves at a loss (as SCTP, RFC 9260 section 7),
 * into the sender's router queue that all its connections share, over a delay, through the receiver's downlink.
 */
export class Path {
  readonly #from: Line;
  readonly #to: Line;
  readonly delayMs: Millis;
  readonly #lossShare: number;
  readonly #rng: Rng;
  #windowBytes = WINDOW_BYTES_INITIAL;
  #slowStartUntilBytes = Infinity;
  /** The window lets the next bytes go then. */
  #pacedAt: Millis = 0;
  #cutAgainAt: Millis = 0;
  #lastArrivalAt: Millis = 0;

  constructor(from: Line, to: Line, delayMs: Millis, lossShare: number, rng: Rng) {
    this.#from = from;
    this.#to = to;
    this.delayMs = delayMs;
    this.#lossShare = lossShare;
    this.#rng = rng;
  }

  /** Puts a message on its way. Returns when the other end has it. */
  send(now: Millis, wireBytes: Bytes): Millis {
    const from = this.#from;
    const transmitMs = wireBytes / from.uplinkRate;
    const queuedMs = Math.max(0, from.uplinkFreeAt - now);
    const mayLeaveAt = Math.max(now, this.#pacedAt);
    const roundTripMs = 2 * this.delayMs + queuedMs + transmitMs;
    this.#pacedAt = mayLeaveAt + (wireBytes * roundTripMs) / this.#windowBytes;
    from.uplinkFreeAt = now + queuedMs + transmitMs;
    const leftAt = Math.max(from.uplinkFreeAt, mayLeaveAt + transmitMs);
    let arrivesAt = leftAt + this.delayMs;

    // The queue drops what does not fit; the line loses some packets. Either way one round trip more, and half the window.
    if (queuedMs > from.queueMs || this.#isLost(wireBytes)) {
      const packets = Math.ceil(wireBytes / PACKET_BYTES);
      // The last packets of a burst are missed by a timeout only, not by what comes behind them.
      const isTail = this.#rng.next() * packets < FAST_RETRANSMIT_PACKETS;
      arrivesAt += isTail ? Math.max(RETRANSMIT_TIMEOUT_MS, roundTripMs) : roundTripMs;
      // One cut a round trip, however many are lost in it (RFC 9260 section 7.2.3).
      if (now >= this.#cutAgainAt) {
        this.#cutAgainAt = now + roundTripMs;
        this.#slowStartUntilBytes = Math.max(WINDOW_BYTES_MIN, this.#windowBytes / 2);
        this.#windowBytes = this.#slowStartUntilBytes;
      }
    } else if (this.#windowBytes < this.#slowStartUntilBytes) {
      this.#windowBytes = Math.min(WINDOW_BYTES_MAX, this.#windowBytes + wireBytes);
    } else {
      this.#windowBytes = Math.min(
        WINDOW_BYTES_MAX,
        this.#windowBytes + (PACKET_BYTES * wireBytes) / this.#windowBytes,
      );
    }

    this.#lastArrivalAt = Math.max(this.#lastArrivalAt, arrivesAt + this.#to.downlinkMs(now, wireBytes));
    return this.#lastArrivalAt;
  }

  /** Whether any of a message's packets is lost: their number times the share, which is small. */
  #isLost(wireBytes: Bytes): boolean {
    if (this.#lossShare === 0) return false;
    return this.#rng.next() < this.#lossShare * Math.ceil(wireBytes / PACKET_BYTES);
  }
}

/** The round trip between a viewer of `region` and one of `other`; `chance` is uniform in [0, 1). */
export function roundTripMs(network: NetworkPlan, region: number, other: number, chance: number): Millis {
  const { regions, roundTripMsMin, roundTripMsMax } = network;
  if (!regions) return roundTripMsMin + (roundTripMsMax - roundTripMsMin) * chance;
  const { count, withinMsMin, withinMsMax, betweenMsMin, betweenMsMax } = regions;
  const apart = Math.abs(region - other);
  if (apart === 0) return withinMsMin + (withinMsMax - withinMsMin) * chance;
  const hops = Math.min(apart, count - apart);
  return betweenMsMin + ((betweenMsMax - betweenMsMin) * (hops - 1 + chance)) / Math.floor(count / 2);
}

/** What a media byte costs on the wire: IP, UDP, DTLS and SCTP headers on packets of about 1.2 kB. */
export const WIRE_FACTOR = 1.07;
/** The same headers of one small message. */
export const MESSAGE_OVERHEAD_BYTES = 65;

const PACKET_BYTES = 1200;
/** RFC 9260 section 7.2.1 allows min(4 MTU, max(2 MTU, 4404 B)); Chromium's dcSCTP begins with ten packets. */
const WINDOW_BYTES_INITIAL = 10 * PACKET_BYTES;
const WINDOW_BYTES_MIN = 4 * PACKET_BYTES;
const WINDOW_BYTES_MAX = 1024 * 1024;
/** RFC 9260 section 7.2.4: three gap reports. */
const FAST_RETRANSMIT_PACKETS = 3;
/** dcSCTP's least. */
const RETRANSMIT_TIMEOUT_MS = 400;
