import type { Rng } from "../../base/random.ts";
import type { Millis } from "../../base/time.ts";
import type { OriginDesk, OriginRange } from "./origin-desk.ts";
import { hasChunk, type Availability, type Peer } from "./peer.ts";
import { FETCHING, HELD, MISSING, REQUESTED, type ChunkRequest, type Segment } from "./segment.ts";
import type { SwarmTuning } from "./tuning.ts";
import type { DueSegment } from "./window.ts";

/** What the deadline rule wants of the origin, and when it wants to look again. */
export interface OriginPlan {
  readonly ranges: readonly OriginRange[];
  readonly lookAgainAt: Millis;
}

/**
 * The deadline rule (SW20..): the origin gets what the swarm would bring too late, and everything while there is no
 * swarm. Pure.
 */
export function planOrigin(
  now: Millis,
  window: readonly DueSegment[],
  desk: OriginDesk,
  situation: { readonly started: boolean; readonly guardMs: Millis; readonly isAlone: (segment: Segment) => boolean },
): OriginPlan {
  const ranges: OriginRange[] = [];
  let lookAgainAt = Infinity;
  for (const { segment, dueAt } of window) {
    if (!segment.listed && !segment.wanted) continue; // the origin's address is not known
    const alone = situation.isAlone(segment);
    // Before playback, and without a swarm, nothing is fetched that the player has not asked for: a lone viewer costs
    // the origin exactly what plain hls.js does.
    if (!segment.wanted && (alone || !situation.started)) continue;
    if (now < segment.originRetryAt) {
      lookAgainAt = Math.min(lookAgainAt, segment.originRetryAt);
      continue;
    }
    const missing = missingChunks(segment);
    if (missing === 0) continue;
    const needMs = desk.estimateMs(missing) + situation.guardMs;
    const slackMs = dueAt - now;
    if (!alone && slackMs >= needMs) {
      lookAgainAt = Math.min(lookAgainAt, dueAt - needMs);
      continue;
    }
    const patience = PATIENCE * situation.guardMs;
    const late = (request: ChunkRequest): boolean =>
      alone || slackMs < needMs - patience || request.expectedAt > dueAt - needMs + patience;
    ranges.push(...rangesOf(segment, desk, alone ? "alone" : "due", late));
    if (!alone) lookAgainAt = Math.min(lookAgainAt, Math.max(now + 1, dueAt - needMs + patience));
  }
  return { ranges, lookAgainAt };
}

/** Chunks that neither we hold nor the origin is sending. At least 1 while the size is unknown and nobody fetches the end. */
function missingChunks(segment: Segment): number {
  let missing = 0;
  let fetching = false;
  const expected = segment.expectedChunks;
  for (let chunk = 0; chunk < expected; chunk++) {
    const state = segment.stateOf(chunk);
    if (state === MISSING || state === REQUESTED) missing++;
    else if (state === FETCHING) fetching = true;
  }
  if (missing === 0 && !fetching && segment.chunkCount === undefined) return expected === 0 ? CHUNKS_ASSUMED : 1;
  return missing;
}

function rangesOf(
  segment: Segment,
  desk: OriginDesk,
  reason: "alone" | "due",
  late: (request: ChunkRequest) => boolean,
): OriginRange[] {
  const expected = segment.expectedChunks;
  const sizeKnown = segment.chunkCount !== undefined;
  if (!desk.rangesUsable || expected === 0)
    return desk.isFetching(segment) ? [] : [{ segment, from: 0, to: undefined, reason }];

  const taken = (chunk: number): boolean => {
    const state = segment.stateOf(chunk);
    if (state !== REQUESTED) return state === MISSING;
    const request = segment.requests.get(chunk);
    return !request || late(request);
  };
  const ranges: { segment: Segment; from: number; to: number | undefined; reason: "alone" | "due" }[] = [];
  for (let chunk = 0; chunk < expected; chunk++) {
    if (!taken(chunk)) continue;
    const last = ranges.at(-1);
    if (last?.to !== undefined && gapIsCheap(segment, last.to, chunk)) last.to = chunk + 1;
    else ranges.push({ segment, from: chunk, to: chunk + 1, reason });
  }
  // An estimate may fall short: the last range then goes on to the end.
  const last = ranges.at(-1);
  if (!sizeKnown && last?.to === expected) last.to = undefined;
  else if (!sizeKnown && ranges.length === 0 && segment.stateOf(expected - 1) === HELD)
    ranges.push({ segment, from: expected, to: undefined, reason });
  return ranges;
}

/** A short gap of chunks that we do not hold is cheaper than one more request. */
function gapIsCheap(segment: Segment, from: number, to: number): boolean {
  if (to - from > GAP_CHUNKS_MAX) return false;
  for (let chunk = from; chunk < to; chunk++) if (segment.stateOf(chunk) !== REQUESTED) return false;
  return true;
}

/** Chunks to ask of one peer. */
export interface PeerPlan {
  readonly peer: Peer;
  readonly segment: Segment;
  readonly chunks: readonly number[];
  readonly dueAt: Millis;
}

interface Candidate {
  readonly due: DueSegment;
  readonly chunk: number;
  readonly holders: readonly Holder[];
}
interface Holder {
  readonly peer: Peer;
  readonly availability: Availability;
}

/**
 * Which chunks to ask of which peers (SW10..): urgent segments in order, the rest in random order, so that neighbours
 * hold different chunks and can trade; each from the peer that would bring it first. Pure but for `rng`.
 */
export function planRequests(
  now: Millis,
  window: readonly DueSegment[],
  peers: readonly Peer[],
  rng: Rng,
  situation: { readonly hasUplink: boolean; readonly tuning: SwarmTuning },
): PeerPlan[] {
  const room = new Map<Peer, { free: number; planned: number }>();
  let free = 0;
  for (const peer of peers) {
    const slots = Math.max(0, peer.slotsFree(now, situation.tuning));
    free += slots;
    room.set(peer, { free: slots, planned: 0 });
  }
  if (free === 0) return [];

  const plans = new Map<Peer, Map<Segment, { dueAt: Millis; chunks: number[] }>>();
  const assign = ({ due, chunk, holders }: Candidate): void => {
    let best: Peer | undefined;
    let bestMs = Infinity;
    for (const { peer, availability } of holders) {
      const own = room.get(peer);
      if (!own || own.free === 0 || !hasChunk(availability, chunk)) continue;
      const ms = peer.estimateMs() + own.planned * peer.serviceMs;
      if (ms < bestMs) [best, bestMs] = [peer, ms];
    }
    const own = best && room.get(best);
    if (!best || !own) return;
    own.free--;
    own.planned++;
    free--;
    let bySegment = plans.get(best);
    if (!bySegment) plans.set(best, (bySegment = new Map<Segment, { dueAt: Millis; chunks: number[] }>()));
    const plan = bySegment.get(due.segment);
    if (plan) plan.chunks.push(chunk);
    else bySegment.set(due.segment, { dueAt: due.dueAt, chunks: [chunk] });
  };

  const later: Candidate[] = [];
  for (const due of window) {
    const { segment } = due;
    const holders: Holder[] = [];
    for (const peer of peers) {
      const availability = peer.availability(segment);
      if (availability && (room.get(peer)?.free ?? 0) > 0) holders.push({ peer, availability });
    }
    if (holders.length === 0) continue;
    // Without uplink nobody needs our copies: in order, so that what is left for the origin is one run.
    const inOrder = !situation.hasUplink || due.dueAt - now < situation.tuning.urgentMs;
    const count = Math.max(segment.expectedChunks, ...holders.map((h) => (h.availability.bitmap?.length ?? 0) * 8));
    for (let chunk = 0; chunk < count && free > 0; chunk++) {
      if (segment.stateOf(chunk) !== MISSING) continue;
      if (segment.chunkCount !== undefined && chunk >= segment.chunkCount) break;
      if (inOrder) assign({ due, chunk, holders });
      else if (holders.some((h) => hasChunk(h.availability, chunk))) later.push({ due, chunk, holders });
    }
    if (free === 0) break;
  }
  for (let left = later.length; left > 0 && free > 0; left--) {
    const index = Math.floor(rng.next() * left);
    const candidate = later[index];
    const last = later[left - 1];
    if (!candidate || !last) break;
    later[index] = last;
    assign(candidate);
  }

  const result: PeerPlan[] = [];
  for (const [peer, bySegment] of plans)
    for (const [segment, { dueAt, chunks }] of bySegment)
      result.push({ peer, segment, dueAt, chunks: chunks.sort((a, b) => a - b) });
  return result;
}

/** How much of the guard is spent waiting for requests that should still arrive in time. */
const PATIENCE = 0.35;

/** Chunks in a gap that one range may span. */
const GAP_CHUNKS_MAX = 2;

/** Chunks reckoned with while nothing is known of a segment's size: 1 MiB. */
const CHUNKS_ASSUMED = 32;
