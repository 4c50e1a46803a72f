import { Ewma } from "../../base/ewma.ts";
import type { Bytes, Millis } from "../../base/time.ts";
import { CHUNK_BYTES } from "../../protocol/limits.ts";
import type { RejectReason } from "../../protocol/peer-message.ts";
import type { SwarmAction } from "./action.ts";
import type { Peer } from "./peer.ts";
import { HELD, type Segment } from "./segment.ts";
import type { SwarmTuning } from "./tuning.ts";

interface UploadRequest {
  readonly peer: Peer;
  /** The requester's name for the track. */
  readonly slot: number;
  readonly segment: Segment;
  readonly chunk: number;
  readonly dueAt: Millis;
}

/**
 * Decides whom this viewer serves next: contributors first, since what they get is passed on; among equals whoever got
 * least. Keeps little in flight (see LinkWindow), so that the order is still ours to choose.
 */
export class UploadQueue {
  readonly #tuning: SwarmTuning;
  readonly #allowed: boolean;
  /** In order of arrival. */
  #waiting: UploadRequest[] = [];
  #inFlightBytes: Bytes = 0;
  #busySince: Millis | undefined;
  #ackedWhileBusy: Bytes = 0;
  /** Bytes per second while something was always in flight. */
  readonly #rate = new Ewma(UPLOAD_RATE_INITIAL, 0.2);
  /** Mean over all links of a chunk's time to its acknowledgement on an empty path. */
  readonly #delayMs = new Ewma(0, 0.1);
  uploadedBytes: Bytes = 0;

  constructor(tuning: SwarmTuning, allowed: boolean) {
    this.#tuning = tuning;
    this.#allowed = allowed;
  }

  get bytesPerSecond(): number {
    return this.#rate.mean;
  }

  /** Takes a request in, or says why not. */
  add(
    now: Millis,
    peer: Peer,
    slot: number,
    segment: Segment | undefined,
    chunk: number,
    dueInMs: Millis,
  ): RejectReason | undefined {
    if (!this.#allowed) return "off";
    if (segment?.stateOf(chunk) !== HELD) return "gone";
    const its = this.#waiting.filter((r) => r.peer === peer);
    if (its.some((r) => r.segment === segment && r.chunk === chunk)) return undefined;
    if (this.#waiting.length >= UPLOAD_REQUESTS_MAX || its.length >= UPLOAD_REQUESTS_PER_PEER_MAX) return "busy";
    const waitMs = (this.#waiting.length * CHUNK_BYTES * 1000) / this.#rate.mean;
    if (peer.identity?.uplink === 0 && waitMs > this.#tuning.uploadQueueMsMax) return "busy";
    this.#waiting.push({ peer, slot, segment, chunk, dueAt: now + dueInMs });
    return undefined;
  }

  cancel(peer: Peer, segment: Segment, chunks: readonly number[]): void {
    this.#waiting = this.#waiting.filter((r) => r.peer !== peer || r.segment !== segment || !chunks.includes(r.chunk));
  }

  dropPeer(peer: Peer): void {
    this.#waiting = this.#waiting.filter((r) => r.peer !== peer);
    this.#inFlightBytes -= peer.window.inFlightBytes;
    if (this.#inFlightBytes === 0) this.#busySince = undefined;
  }

  dropSegment(segment: Segment): void {
    this.#waiting = this.#waiting.filter((r) => r.segment !== segment);
  }

  /** False when the peer acknowledges what it was never sent. */
  acknowledged(now: Millis, peer: Peer, total: Bytes): boolean {
    const bytes = peer.window.acknowledged(now, total);
    if (bytes === undefined) return false;
    this.#inFlightBytes -= bytes;
    this.#ackedWhileBusy += bytes;
    this.#delayMs.add(peer.window.delayMsMin ?? 0);
    const busyMs = this.#busySince === undefined ? 0 : now - this.#busySince;
    if (busyMs >= RATE_SAMPLE_MS && this.#ackedWhileBusy > 0) {
      this.#rate.add((this.#ackedWhileBusy * 1000) / busyMs);
      this.#busySince = now;
      this.#ackedWhileBusy = 0;
    }
    if (this.#inFlightBytes === 0) this.#busySince = undefined;
    return true;
  }

  /** What to send now; nothing while the windows are full. */
  pump(now: Millis): SwarmAction[] {
    const actions: SwarmAction[] = [];
    if (this.#waiting.length === 0) return actions;
    this.#waiting = this.#waiting.filter((r) => r.dueAt > now && r.segment.stateOf(r.chunk) === HELD);
    const queueBytes = Math.max(
      this.#tuning.uploadWindowBytesMin,
      Math.min(this.#tuning.uploadWindowBytes, (this.#rate.mean * QUEUE_MS) / 1000),
    );
    const windowBytes = queueBytes + (this.#rate.mean * Math.min(this.#delayMs.mean, DELAY_MS_MAX)) / 1000;
    while (this.#inFlightBytes === 0 || this.#inFlightBytes + CHUNK_BYTES <= windowBytes) {
      const index = this.#pickNext();
      const next = this.#waiting[index];
      if (!next) break;
      this.#waiting.splice(index, 1);
      const bytes = Math.min(CHUNK_BYTES, (next.segment.byteLength ?? Infinity) - next.chunk * CHUNK_BYTES);
      next.peer.window.sent(now, bytes);
      next.peer.servedBytes += bytes;
      this.uploadedBytes += bytes;
      if (this.#inFlightBytes === 0) {
        this.#busySince = now;
        this.#ackedWhileBusy = 0;
      }
      this.#inFlightBytes += bytes;
      actions.push({
        type: "send-chunk",
        peer: next.peer.id,
        slot: next.slot,
        segment: next.segment.id,
        name: next.segment.name,
        chunk: next.chunk,
      });
    }
    return actions;
  }

  /** Index of the next request whose link has room, or -1. Ties go to the earlier. */
  #pickNext(): number {
    let best = -1;
    let bestClass = 0;
    let bestServed = 0;
    for (let i = 0; i < this.#waiting.length; i++) {
      const request = this.#waiting[i];
      if (!request?.peer.window.maySend(CHUNK_BYTES)) continue;
      const uplink = request.peer.identity?.uplink ?? 0;
      const served = request.peer.servedBytes;
      if (best >= 0 && (uplink < bestClass || (uplink === bestClass && served >= bestServed))) continue;
      best = i;
      bestClass = uplink;
      bestServed = served;
    }
    return best;
  }
}

/** Requests waiting at most: 16 MiB of promises. */
const UPLOAD_REQUESTS_MAX = 512;
/** Four full pipelines: nobody fills the queue alone, so that everybody else is told "busy". */
const UPLOAD_REQUESTS_PER_PEER_MAX = 64;
/** Assumed until measured: 2 Mbit/s. */
const UPLOAD_RATE_INITIAL = 250_000;
/** Rates are averaged over at least this long. */
const RATE_SAMPLE_MS = 250;
/** On a slow uplink less is in flight: what is cancelled then has mostly not been sent. */
const QUEUE_MS = 500;
/** A stalled path must not widen the window. */
const DELAY_MS_MAX = 500;
