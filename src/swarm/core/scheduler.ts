import { clearBit, createBitmap, hasBit, type Bitmap } from "../../base/bitmap.ts";
import type { Rng } from "../../base/random.ts";
import type { Millis } from "../../base/time.ts";
import { agrees, hasChunk, type Peer } from "./peer.ts";
import { MISSING, type Segment } from "./segment.ts";
import type { SwarmTuning } from "./tuning.ts";
import type { DueSegment } from "./window.ts";

/** Chunks to ask of one peer. */
export interface PeerPlan {
  readonly peer: Peer;
  readonly segment: Segment;
  /** Ascending. */
  readonly chunks: readonly number[];
  readonly dueAt: Millis;
}

export interface Situation {
  readonly hasUplink: boolean;
  /** The swarm lacks uplink: chunks were left for the origin lately. */
  readonly uplinkIsShort: boolean;
  readonly tuning: SwarmTuning;
}

/**
 * Which chunks to ask of which peers (SW10..): urgent segments in order, the rest in random order, so that neighbours
 * hold different chunks and can trade; each from the peer that would bring it first. Pure but for `rng`, and for what
 * it notes of the round in the peers.
 */
export function planRequests(
  now: Millis,
  window: readonly DueSegment[],
  peers: readonly Peer[],
  rng: Rng,
  { hasUplink, uplinkIsShort, tuning }: Situation,
): readonly PeerPlan[] {
  if (!window.some(({ segment }) => isMissingSome(segment))) return NO_PLANS;
  const round = new Round(now, peers, tuning);
  const later: Offer[] = [];
  for (const due of window) {
    if (round.room === 0) break;
    const offer = offerOf(due);
    if (!offer) continue;
    // Without uplink nobody needs our copies: in order, so that what is left for the origin is one run.
    if (!hasUplink || isUrgent(now, due, tuning)) {
      for (let chunk = 0; chunk < offer.count && round.room > 0; chunk++) round.assign(offer, chunk);
    } else {
      shuffle(offer, uplinkIsShort ? BLOCK_CHUNKS : 1, rng);
      // In VOD neighbours are at different places: what is due first is asked for first.
      if (due.segment.track.live) later.push(offer);
      else for (const chunk of due.segment.order) round.assign(offer, chunk);
    }
  }
  // Any of the later segments: the first of each one's order, then the second, and so on.
  for (let place = 0, left = later.length; left > 0 && round.room > 0; place++) {
    left = 0;
    for (const offer of later) {
      const chunk = offer.due.segment.order[place];
      if (chunk === undefined) continue;
      left++;
      round.assign(offer, chunk);
    }
  }
  return round.plans();
}

/**
 * Near its due time. With little slack from the start only its last part is: in order from the start nobody trades. In
 * VOD most of those who give are ahead and hold it whole: in order, what is left for the origin is one run.
 */
function isUrgent(now: Millis, { segment, dueAt }: DueSegment, tuning: SwarmTuning): boolean {
  const { urgentMs, urgentShareOfSlack, vodElectionMs } = tuning;
  const slackMs = dueAt - segment.knownAt;
  return dueAt - now < (segment.track.live ? Math.min(urgentMs, slackMs * urgentShareOfSlack) : vodElectionMs);
}

/** Missing chunks of a segment that peers with room have. */
interface Offer {
  readonly due: DueSegment;
  /** Chunks there may be. */
  readonly count: number;
  readonly chunks: Bitmap;
}

/** Undefined when there is nothing to ask for, as a rule: this is looked at after nearly every event. */
function offerOf(due: DueSegment): Offer | undefined {
  const { segment } = due;
  if (!isMissingSome(segment)) return undefined;
  const count = segment.chunkCount ?? chunksToldOf(segment);
  let chunks: Bitmap | undefined;
  for (const holder of segment.holders) {
    if (holder.peer.room === 0 || !agrees(holder, segment)) continue;
    chunks ??= createBitmap(count);
    for (let i = 0; i < chunks.length; i++)
      chunks[i] = (chunks[i] ?? 0) | (holder.bitmap ? (holder.bitmap[i] ?? 0) : 0xff);
  }
  if (!chunks) return undefined;
  let isAny = false;
  for (let chunk = 0; chunk < count; chunk++)
    if (segment.stateOf(chunk) !== MISSING) clearBit(chunks, chunk);
    else isAny ||= hasBit(chunks, chunk);
  return isAny ? { due, count, chunks } : undefined;
}

/** Some of its chunks may be neither held nor asked of anybody. */
const isMissingSome = (segment: Segment): boolean => segment.heldCount + segment.requests.size !== segment.chunkCount;

/** Chunks of a segment of unknown size: as many as we expect, or as peers have. */
function chunksToldOf(segment: Segment): number {
  let count = segment.expectedChunks;
  for (const { bitmap } of segment.holders) count = Math.max(count, (bitmap?.length ?? 0) * 8);
  return count;
}

/** One round of handing out chunks. */
class Round {
  readonly #now: Millis;
  readonly #peers: readonly Peer[];
  /** Chunks that peers have room for. */
  room = 0;
  #isReckoned = false;
  readonly #plans: {
    readonly peer: Peer;
    readonly segment: Segment;
    readonly dueAt: Millis;
    readonly chunks: number[];
  }[] = [];

  constructor(now: Millis, peers: readonly Peer[], tuning: SwarmTuning) {
    this.#now = now;
    this.#peers = peers;
    for (const peer of peers) {
      peer.room = Math.max(0, peer.slotsFree(now, tuning));
      this.room += peer.room;
    }
  }

  /** Gives a chunk, if it is on offer, to the peer that would bring it first. */
  assign({ due: { segment, dueAt }, chunks }: Offer, chunk: number): void {
    if (!hasBit(chunks, chunk)) return;
    if (!this.#isReckoned) this.#reckon();
    let best: Peer | undefined;
    for (const holder of segment.holders) {
      const { peer } = holder;
      if (best && peer.nextInMs >= best.nextInMs) continue;
      if (hasChunk(holder, chunk) && agrees(holder, segment)) best = peer;
    }
    // Full, and still sooner than the others: the chunk waits for room there. Asked elsewhere it would only be stuck.
    if (!best || best.room === 0) return;
    this.room--;
    best.room--;
    best.nextInMs += best.serviceMs;
    for (const plan of this.#plans)
      if (plan.peer === best && plan.segment === segment) {
        plan.chunks.push(chunk);
        return;
      }
    this.#plans.push({ peer: best, segment, dueAt, chunks: [chunk] });
  }

  /** How soon each peer would bring its next chunk: only once something is on offer, which most rounds find nothing. */
  #reckon(): void {
    this.#isReckoned = true;
    for (const peer of this.#peers) peer.nextInMs = this.#now < peer.suspendedUntil ? Infinity : peer.estimateMs();
  }

  plans(): PeerPlan[] {
    for (const { chunks } of this.#plans) if (chunks.length > 1) chunks.sort((a, b) => a - b);
    return this.#plans;
  }
}

/**
 * Puts a segment's chunks in random order, in blocks. Once for each segment: block after block is then finished, and
 * what is left over in the end is in few runs.
 */
function shuffle({ due: { segment }, count }: Offer, blockChunks: number, rng: Rng): void {
  if (segment.order.length >= count && segment.orderBlock === blockChunks) return;
  const blocks = Array.from({ length: Math.ceil(count / blockChunks) }, (_, block) => block);
  const order = new Uint16Array(blocks.length * blockChunks);
  for (let left = blocks.length, place = 0; left > 0; left--) {
    const pick = Math.floor(rng.next() * left);
    const block = blocks[pick] ?? 0;
    blocks[pick] = blocks[left - 1] ?? 0;
    for (let chunk = 0; chunk < blockChunks; chunk++) order[place++] = block * blockChunks + chunk;
  }
  segment.order = order;
  segment.orderBlock = blockChunks;
}

const NO_PLANS: readonly PeerPlan[] = [];

/** A tenth of a usual segment: what is then left for the origin is one or two ranges. */
const BLOCK_CHUNKS = 8;
