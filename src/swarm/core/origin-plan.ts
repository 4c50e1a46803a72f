import type { Millis } from "../../base/time.ts";
import type { OriginDesk, OriginFetch, OriginRange } from "./origin-desk.ts";
import { FETCHING, HELD, MISSING, REQUESTED, type ChunkRequest, type Segment } from "./segment.ts";
import type { SwarmTuning } from "./tuning.ts";
import type { DueSegment } from "./window.ts";

/** What the deadline rule wants of the origin, and when it wants to look again. */
export interface OriginPlan {
  readonly ranges: readonly OriginRange[];
  /** Requests to make a second time. */
  readonly hedges: readonly OriginFetch[];
  readonly lookAgainAt: Millis;
}

export interface OriginSituation {
  /** No player asks for anything: all that matters is fetched as if it had. */
  readonly isSeeder: boolean;
  /** The first frame can be shown. */
  readonly started: boolean;
  readonly timerLagMs: Millis;
  readonly tuning: SwarmTuning;
  readonly isAlone: (segment: Segment) => boolean;
}

/**
 * The deadline rule (SW20..): the origin gets what the swarm would bring too late, and everything while there is no
 * swarm; a request that it leaves unanswered for long is made a second time. Pure but for when to look again.
 */
export function planOrigin(
  now: Millis,
  window: readonly DueSegment[],
  desk: OriginDesk,
  situation: OriginSituation,
): OriginPlan {
  const ranges: OriginRange[] = [];
  let lookAgainAt = Infinity;
  for (const { segment, dueAt } of window) {
    // What is only hinted at is not late before it is made.
    if (!segment.fetchable || now < segment.hintedUntil) continue;
    const alone = situation.isAlone(segment);
    // Before playback, and without a swarm, nothing is fetched that the player has not asked for: a lone viewer costs
    // the origin exactly what plain hls.js does.
    const wanted = segment.wanted || situation.isSeeder;
    if (!wanted && (alone || !situation.started)) continue;
    // Of unknown size it would seem due at once, and halve the line for the wanted one, which will tell the size.
    if (!wanted && segment.expectedChunks === 0) continue;
    if (now < segment.originRetryAt) {
      lookAgainAt = Math.min(lookAgainAt, segment.originRetryAt);
      continue;
    }
    if (alone) {
      if (missingChunks(segment) > 0) addRanges(ranges, segment, desk, "alone", () => true);
      continue;
    }
    const guard = guardMs(dueAt - segment.knownAt, desk.lateFirstByteMs, situation.tuning) + situation.timerLagMs;
    // Most looks end here, without counting chunks.
    const expected = segment.expectedChunks;
    const missingAtMost = expected === 0 ? CHUNKS_ASSUMED : Math.max(1, expected - segment.heldCount);
    const quietUntil = Math.max(dueAt - desk.estimateMs(missingAtMost) - guard, segment.dueLookAt);
    if (now < quietUntil) {
      lookAgainAt = Math.min(lookAgainAt, quietUntil);
      continue;
    }
    const missing = missingChunks(segment);
    if (missing === 0) continue;
    const askAt = dueAt - desk.estimateMs(missing) - guard;
    if (now < askAt) {
      lookAgainAt = Math.min(lookAgainAt, askAt);
      continue;
    }
    const shareMs = guardShareMs(dueAt - segment.knownAt, situation.tuning);
    const patientUntil = askAt + PATIENCE * shareMs;
    // Even if both requests for the last few chunks are answered late, they come in time.
    const spareMs = guard - Math.max(desk.lateFirstByteMs, situation.tuning.guardMsMin) - HAND_OVER_MS;
    const frontUntil = Math.max(patientUntil, askAt + Math.min(PATIENCE_IN_FRONT * shareMs, spareMs));
    const late = (request: ChunkRequest): boolean =>
      isInFront(now, request) ? now > frontUntil : Math.max(now, request.expectedAt) > patientUntil;
    addRanges(ranges, segment, desk, "due", late);
    // What is left to peers is looked at together, not chunk by chunk, and when their time is up.
    const upAt = now <= patientUntil ? patientUntil : now <= frontUntil ? frontUntil : Infinity;
    segment.dueLookAt = Math.min(now + situation.tuning.dueLookMs, upAt + 1);
    lookAgainAt = Math.min(lookAgainAt, segment.dueLookAt);
  }
  const hedges = planHedges(now, window, desk, situation);
  return { ranges, hedges: hedges.fetches, lookAgainAt: Math.min(lookAgainAt, hedges.lookAgainAt) };
}

/**
 * Time kept in hand for a segment that had `slackMs` in all (SW23): a share of it. An origin whose first byte is late now
 * and then gets what it takes, beside what is spent on patience, up to twice as much: beyond that the second request
 * has to help.
 */
export function guardMs(slackMs: Millis, lateFirstByteMs: Millis, tuning: SwarmTuning): Millis {
  const shareMs = guardShareMs(slackMs, tuning);
  return Math.max(shareMs, Math.min(lateFirstByteMs + PATIENCE * shareMs, 2 * shareMs));
}

const guardShareMs = (slackMs: Millis, tuning: SwarmTuning): Millis => {
  const { guardShareOfSlack, guardShareOfSlackMax, guardMsMin, guardMsMax } = tuning;
  const leastMs = Math.max(0, Math.min(guardMsMin, slackMs * guardShareOfSlackMax));
  return Math.max(leastMs, Math.min(guardMsMax, slackMs * guardShareOfSlack));
};

/** How long before a segment is due nobody is waited for any more, when little of it is missing. */
export function leadMs(slackMs: Millis, desk: OriginDesk, tuning: SwarmTuning): Millis {
  const guard = guardMs(slackMs, desk.lateFirstByteMs, tuning);
  return desk.estimateMs(CHUNKS_LEFT) + guard - PATIENCE * guardShareMs(slackMs, tuning);
}

/** Which unanswered requests to make once more (SW24). */
function planHedges(
  now: Millis,
  window: readonly DueSegment[],
  desk: OriginDesk,
  { started, timerLagMs, tuning, isAlone }: OriginSituation,
): { readonly fetches: readonly OriginFetch[]; readonly lookAgainAt: Millis } {
  const fetches: OriginFetch[] = [];
  let lookAgainAt = Infinity;
  // The wait for the first picture is no stall, and nothing is known yet of how long this origin takes.
  if (!started) return { fetches, lookAgainAt };
  for (const fetch of desk.all()) {
    const { segment } = fetch;
    if (fetch.openedAt !== undefined || fetch.repeated || fetch.attempt === ATTEMPTS_MAX) continue;
    const due = window.find((one) => one.segment === segment);
    if (!due) continue;
    const chunks = (fetch.to ?? Math.max(segment.expectedChunks, fetch.from + 1)) - fetch.from;
    const guard = guardMs(due.dueAt - segment.knownAt, desk.lateFirstByteMs, tuning);
    // From then on it is late, and after that another request would be late, too.
    const lateAt = due.dueAt - desk.estimateMs(chunks) - guard - timerLagMs;
    const latestAt = due.dueAt - desk.estimateMs(chunks) - HAND_OVER_MS - timerLagMs;
    const answerMs = 2 * desk.firstByteMs;
    // Where time is short there is to be enough for the last attempt.
    const soonAt = latestAt - (ATTEMPTS_MAX - 1 - fetch.attempt) * answerMs;
    const askedAt = Math.max(fetch.startedAt, segment.hintedUntil);
    let at = isAlone(segment) ? latestAt : Math.min(askedAt + tuning.hedgeAfterMsMin, soonAt);
    // Everybody waits for what was elected; for the rest there may be time.
    if (fetch.reason !== "elected") at = Math.max(at, lateAt);
    at = Math.max(at, askedAt + answerMs);
    if (now >= at) fetches.push(fetch);
    else lookAgainAt = Math.min(lookAgainAt, at);
  }
  return { fetches, lookAgainAt };
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

/** Its peer is at work for us and probably sending it: what the origin brought then would come twice. */
function isInFront(now: Millis, request: ChunkRequest): boolean {
  const { lastChunkAt, requests } = request.peer;
  return now - lastChunkAt < AT_WORK_MS && requests.indexOf(request) < FRONT_CHUNKS;
}

/** Adds what the origin is asked for: all that is missing, and what peers were asked for and is `late`. */
function addRanges(
  ranges: OriginRange[],
  segment: Segment,
  desk: OriginDesk,
  reason: "alone" | "due",
  late: (request: ChunkRequest) => boolean,
): void {
  const expected = segment.expectedChunks;
  if (!desk.rangesUsable || expected === 0) {
    if (!desk.isFetching(segment)) ranges.push({ segment, from: 0, to: undefined, reason });
    return;
  }
  // Once the end of an estimate is reached there may be more.
  const endOf = (chunk: number): number | undefined =>
    segment.chunkCount === undefined && chunk === expected - 1 ? undefined : chunk + 1;
  let last: { segment: Segment; from: number; to: number | undefined; reason: "alone" | "due" } | undefined;
  for (let chunk = 0; chunk < expected; chunk++) {
    const state = segment.stateOf(chunk);
    if (state !== MISSING) {
      if (state !== REQUESTED) continue;
      const request = segment.requests.get(chunk);
      if (request && !late(request)) continue;
    }
    if (last?.to !== undefined && gapIsCheap(segment, last.to, chunk)) last.to = endOf(chunk);
    else ranges.push((last = { segment, from: chunk, to: endOf(chunk), reason }));
  }
  if (!last && segment.chunkCount === undefined && segment.stateOf(expected - 1) === HELD)
    ranges.push({ segment, from: expected, to: undefined, reason });
}

/** A short gap of chunks that we do not hold is cheaper than one more request. */
function gapIsCheap(segment: Segment, from: number, to: number): boolean {
  if (to - from > GAP_CHUNKS_MAX) return false;
  for (let chunk = from; chunk < to; chunk++) if (segment.stateOf(chunk) !== REQUESTED) return false;
  return true;
}

/** Shares of the guard spent waiting for requests that should still arrive in time, and for the next of a peer. */
const PATIENCE = 0.35;
const PATIENCE_IN_FRONT = 0.6;

/** As many chunks as a link's window holds are on their way and cannot be called back. */
const FRONT_CHUNKS = 2;
/** A peer that has brought nothing for so long may as well be gone. */
const AT_WORK_MS = 1000;

/** One late answer in ten makes one second request in a hundred late, too. */
const ATTEMPTS_MAX = 3;

/** Until a whole segment is in the player's buffer. */
const HAND_OVER_MS = 100;

/** Chunks in a gap that one range may span. */
const GAP_CHUNKS_MAX = 2;

/** What is left to peers when the origin has been asked for the rest. */
const CHUNKS_LEFT = 4;

/** Chunks reckoned with while nothing is known of a segment's size: 1 MiB. */
const CHUNKS_ASSUMED = 32;
