import { Ewma } from "../../base/ewma.ts";
import type { Bytes, Millis } from "../../base/time.ts";
import { CHUNK_BYTES } from "../../protocol/limits.ts";
import type { RejectReason, UplinkClass } from "../../protocol/peer-message.ts";
import type { SwarmAction } from "./action.ts";
import type { Peer } from "./peer.ts";
import type { Segment } from "./segment.ts";
import type { SwarmTuning } from "./tuning.ts";
import { UplinkMeter } from "./uplink-meter.ts";

interface UploadRequest {
  /** The requester's name for the track. */
  readonly slot: number;
  readonly segment: Segment;
  readonly chunk: number;
  readonly dueAt: Millis;
  /** Counts requests as they come. */
  readonly arrival: number;
}

/**
 * Decides whom this viewer serves next: contributors first, since what they get is passed on; among equals the most
 * urgent where time is short, else whoever got least. Keeps little in flight (see LinkWindow), so that the order is still ours to choose.
 */
export class UploadQueue {
  readonly #tuning: SwarmTuning;
  #allowed: boolean;
  /** Of each peer that waits for something, in order of arrival. */
  readonly #waiting = new Map<Peer, UploadRequest[]>();
  /** Requests in all of them. */
  #count = 0;
  #arrivals = 0;
  #inFlightBytes: Bytes = 0;
  /** By its rate the uplink has sent by then all that it was given. */
  #idleAt: Millis = 0;
  /** Peers that something is on its way to. */
  readonly #served = new Set<Peer>();
  readonly #meter = new UplinkMeter();
  /** Mean over the links that are served. */
  readonly #roundTripMs = new Ewma(100, 0.1);
  uploadedBytes: Bytes = 0;
  /** How much that may be. */
  uploadedBytesMax: Bytes = Infinity;
  /** How fast: as a share of what the uplink carries, and at most. */
  uplinkShare = 1;
  bytesPerSecondMax = Infinity;
  /** What the pace allows to be sent now, as of `#pacedAt`. */
  #tokens: Bytes = 0;
  #pacedAt: Millis = 0;
  /** When the pace allows the next chunk, where it holds one back. */
  resumeAt: Millis = Infinity;

  constructor(tuning: SwarmTuning, allowed: boolean) {
    this.#tuning = tuning;
    this.#allowed = allowed;
  }

  get bytesPerSecond(): number {
    return this.#meter.bytesPerSecond;
  }

  /** Whether anything is served at all. */
  get allowed(): boolean {
    return this.#allowed;
  }

  set allowed(allowed: boolean) {
    this.#allowed = allowed;
    if (allowed) return;
    this.#waiting.clear();
    this.#count = 0;
  }

  /** What to tell others of our uplink, that so far was told as `before`. */
  uplinkClass(before: UplinkClass, streamBytesPerSecond: number): UplinkClass {
    const { provenBytesPerSecond } = this.#meter;
    if (!this.#allowed) return 0;
    if (provenBytesPerSecond === 0 || streamBytesPerSecond === 0) return before === 0 ? 1 : before;
    return provenBytesPerSecond >= streamBytesPerSecond * (before === 2 ? RICH_UNTIL : RICH_FROM) ? 2 : 1;
  }

  /** Links to hold at most: whoever can feed many must be reachable by many. */
  peersMax(streamBytesPerSecond: number): number {
    const { peersMax, peersMaxRich } = this.#tuning;
    const times = streamBytesPerSecond > 0 ? this.#meter.provenBytesPerSecond / streamBytesPerSecond : 0;
    return Math.min(peersMaxRich, peersMax + Math.max(0, Math.floor(times - RICH_PEERS_FROM)));
  }

  /** Takes a request in, or says why not: what waits is at most as much as full pipelines of all links come to. */
  add(
    now: Millis,
    peer: Peer,
    slot: number,
    segment: Segment | undefined,
    chunk: number,
    dueInMs: Millis,
  ): RejectReason | undefined {
    if (!this.#allowed) return "off";
    if (!segment?.offers(chunk)) return "gone";
    if (peer.sendLog?.has(segment, chunk)) return undefined;
    let its = this.#waiting.get(peer);
    if (its?.some((r) => r.chunk === chunk && r.segment === segment)) return undefined;
    const spare = this.uploadedBytesMax - this.uploadedBytes - (this.#count + 1) * CHUNK_BYTES;
    if (spare < (peer.identity?.uplink === 0 ? CONTRIBUTORS_BYTES : 0)) return "busy";
    const { peersMaxRich, pipelineMax } = this.#tuning;
    if (this.#count >= peersMaxRich * pipelineMax || (its?.length ?? 0) >= UPLOAD_REQUESTS_PER_PEER_MAX) return "busy";
    const waitMs = (this.#count * CHUNK_BYTES * 1000) / this.#meter.bytesPerSecond;
    if (peer.identity?.uplink === 0 && waitMs > this.#tuning.uploadQueueMsMax) return "busy";
    if (!its) this.#waiting.set(peer, (its = []));
    its.push({ slot, segment, chunk, dueAt: now + dueInMs, arrival: this.#arrivals++ });
    this.#count++;
    return undefined;
  }

  cancel(peer: Peer, segment: Segment, chunks: readonly number[]): void {
    this.#drop(peer, (r) => r.segment === segment && chunks.includes(r.chunk));
  }

  dropPeer(peer: Peer): void {
    this.#drop(peer, () => true);
    this.#inFlightBytes -= peer.window.inFlightBytes;
    this.#served.delete(peer);
    if (this.#inFlightBytes === 0) this.#meter.end();
  }

  dropSegment(segment: Segment): void {
    for (const peer of this.#waiting.keys()) this.#drop(peer, (r) => r.segment === segment);
  }

  /** False when the peer acknowledges what it was never sent. */
  acknowledged(now: Millis, peer: Peer, total: Bytes): boolean {
    const bytes = peer.window.acknowledged(now, total);
    if (bytes === undefined) return false;
    this.#inFlightBytes -= bytes;
    if (peer.window.inFlightBytes === 0) this.#served.delete(peer);
    if (peer.roundTripMs !== undefined) this.#roundTripMs.add(peer.roundTripMs);
    this.#meter.acknowledged(now, bytes);
    if (this.#inFlightBytes === 0) this.#meter.end(now);
    return true;
  }

  /** What to send now; nothing while the windows are full. */
  pump(now: Millis): readonly SwarmAction[] {
    this.resumeAt = Infinity;
    if (this.#count === 0) {
      this.#meter.spare();
      return NO_ACTIONS;
    }
    const pathMs = Math.min(PATH_MS_MAX, this.#roundTripMs.mean) + this.#tuning.uploadQueueMs;
    const bytesPerMs = this.#meter.bytesPerSecond / 1000;
    let windowBytes = this.#tuning.uploadWindowBytes + bytesPerMs * pathMs;
    if (this.#inFlightBytes + CHUNK_BYTES > windowBytes)
      windowBytes += this.#stuckBytes(now - (2 * windowBytes) / bytesPerMs);
    const actions: SwarmAction[] = [];
    const pace = this.#pace(now);
    while (
      this.#inFlightBytes === 0 ||
      this.#inFlightBytes + CHUNK_BYTES <= windowBytes + (now < this.#idleAt ? 0 : CHUNK_BYTES)
    ) {
      if (this.#tokens < CHUNK_BYTES) {
        this.resumeAt = now + ((CHUNK_BYTES - this.#tokens) * 1000) / pace;
        this.#meter.spare();
        break;
      }
      const peer = this.#pickNext(now);
      const next = peer && this.#waiting.get(peer)?.shift();
      if (!next) break;
      this.#count--;
      const bytes = Math.min(CHUNK_BYTES, (next.segment.byteLength ?? Infinity) - next.chunk * CHUNK_BYTES);
      peer.window.sent(now, bytes);
      peer.sendLog?.add(next.segment, next.chunk);
      this.#tokens -= bytes;
      this.#served.add(peer);
      peer.servedBytes += bytes;
      peer.lastServedAt = now;
      next.segment.servedAt = now;
      this.uploadedBytes += bytes;
      if (this.#inFlightBytes === 0) this.#meter.begin(now);
      this.#inFlightBytes += bytes;
      this.#idleAt = Math.max(this.#idleAt, now) + bytes / (bytesPerMs * RATE_TRUSTED);
      actions.push({
        type: "send-chunk",
        peer: peer.id,
        slot: next.slot,
        segment: next.segment.id,
        name: next.segment.name,
        chunk: next.chunk,
      });
    }
    if (this.#inFlightBytes + CHUNK_BYTES <= windowBytes) this.#meter.spare();
    return actions;
  }

  /** Bytes per second that may be sent. A share of the uplink is kept to once it is known. */
  #pace(now: Millis): number {
    const share = this.uplinkShare < 1 && this.#meter.isKnown(now) ? this.uplinkShare : Infinity;
    const pace = Math.min(this.bytesPerSecondMax, this.#meter.bytesPerSecond * share);
    const tokens = this.#tokens + ((now - this.#pacedAt) / 1000) * pace;
    this.#tokens = pace === Infinity ? Infinity : Math.min(Math.max(CHUNK_BYTES, pace / 2), tokens);
    this.#pacedAt = now;
    return pace;
  }

  /**
   * What has been on its way since `before` and longer: it has left our uplink, and waits for a repeated packet or for
   * somebody else's queue. Unless that is so on most links: then it is ours.
   */
  #stuckBytes(before: Millis): Bytes {
    let bytes = 0;
    let links = 0;
    for (const { window } of this.#served) {
      if (window.oldestAt > before) continue;
      bytes += window.inFlightBytes;
      links++;
    }
    return 2 * links > this.#served.size ? 0 : bytes;
  }

  /** Whose first request is served next, among those whose link has room. */
  #pickNext(now: Millis): Peer | undefined {
    let best: Peer | undefined;
    let bestFirst: UploadRequest | undefined;
    for (const [peer, its] of this.#waiting) {
      const first = this.#firstOf(now, peer, its);
      if (!first || !peer.window.maySend(CHUNK_BYTES)) continue;
      if (best && bestFirst && isBefore(now, best, bestFirst, peer, first)) continue;
      best = peer;
      bestFirst = first;
    }
    return best;
  }

  /** The first request of a peer that can still be served and is still of use. */
  #firstOf(now: Millis, peer: Peer, its: UploadRequest[]): UploadRequest | undefined {
    for (let first = its[0]; first; first = its[0]) {
      if (first.dueAt > now + this.#arrivalMs(peer) && first.segment.offers(first.chunk)) return first;
      its.shift();
      this.#count--;
    }
    this.#waiting.delete(peer);
    return undefined;
  }

  /** What is sent now has arrived after this long. */
  #arrivalMs(peer: Peer): Millis {
    return ((this.#inFlightBytes + CHUNK_BYTES) * 1000) / this.#meter.bytesPerSecond + (peer.roundTripMs ?? 0) / 2;
  }

  #drop(peer: Peer, dropped: (request: UploadRequest) => boolean): void {
    const its = this.#waiting.get(peer);
    if (!its) return;
    const kept = its.filter((request) => !dropped(request));
    this.#count -= its.length - kept.length;
    if (kept.length > 0) this.#waiting.set(peer, kept);
    else this.#waiting.delete(peer);
  }
}

/** The order of service (SW40). Total: no two requests have arrived as the same. */
function isBefore(now: Millis, a: Peer, aFirst: UploadRequest, b: Peer, bFirst: UploadRequest): boolean {
  const classes = (a.identity?.uplink ?? 0) - (b.identity?.uplink ?? 0);
  if (classes !== 0) return classes > 0;
  const [aAt, bAt] = [hurryAt(now, aFirst), hurryAt(now, bFirst)];
  if (aAt !== bAt) return aAt < bAt;
  return a.servedBytes === b.servedBytes ? aFirst.arrival < bFirst.arrival : a.servedBytes < b.servedBytes;
}

/** When it is due, where viewers are at different places or have little slack; elsewhere all are due at about the same time. */
const hurryAt = (now: Millis, { segment, dueAt }: UploadRequest): Millis =>
  segment.track.live && (dueAt > now + HURRY_MS || dueAt - segment.knownAt > SHORT_SLACK_MS) ? Infinity : dueAt;

const NO_ACTIONS: readonly SwarmAction[] = [];

/** Four full pipelines: nobody fills the queue alone, so that everybody else is told "busy". */
const UPLOAD_REQUESTS_PER_PEER_MAX = 64;
/** Of what may still be uploaded, this is kept for those who pass it on: four full pipelines. */
const CONTRIBUTORS_BYTES: Bytes = 64 * CHUNK_BYTES;
/** Times the stream's rate: what is passed on once more than it is taken is worth serving first. */
const RICH_FROM = 1;
const RICH_UNTIL = 0.8;
/** One link more for each time the stream's rate above this many. */
const RICH_PEERS_FROM = 4;
/** Less slack than this is little: one and a half segments of usual length. */
const SHORT_SLACK_MS = 6000;
/** The best second of several is a little more than what goes on: an uplink thought idle too soon would get a queue. */
const RATE_TRUSTED = 0.9;
/** What is due later has no hurry: whoever plays a little ahead would have all first, and be asked for it by all. */
const HURRY_MS = 3000;
/** A stalled path must not widen the window. */
const PATH_MS_MAX = 300;
