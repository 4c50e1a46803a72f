import { log2Of } from "../../base/log2.ts";
import type { Millis } from "../../base/time.ts";
import { seatOf } from "../../protocol/election-seats.ts";
import type { TrackId } from "../../protocol/ids.ts";
import type { UplinkClass } from "../../protocol/peer-message.ts";
import type { DealtSeats } from "../../protocol/tracker-message.ts";
import type { OriginDesk, OriginRange } from "./origin-desk.ts";
import { agrees, hasChunk, type Availability, type Peer } from "./peer.ts";
import { MISSING, type Segment } from "./segment.ts";
import type { SwarmTuning } from "./tuning.ts";
import type { DueSegment } from "./window.ts";

/** What this viewer fetches for the swarm now, and when it might have to next. */
export interface ElectionPlan {
  readonly ranges: readonly OriginRange[];
  readonly lookAgainAt: Millis;
}

export interface ElectionSituation {
  /** This viewer's spread (hash of its ViewerId) and weight. */
  readonly selfHash: number;
  readonly selfWeight: number;
  /** From when on this viewer takes part: a newcomer has its own start to look after. */
  readonly eligibleAt: Millis;
  /** Nobody who could give is there. */
  readonly isAlone: (segment: Segment) => boolean;
  /** Open links to viewers that said hello. */
  readonly peers: readonly Peer[];
  /** Viewers in the swarm, as the tracker last counted them. */
  readonly viewers: number;
  /** The seats that the tracker dealt to this viewer; undefined where it dealt none to anybody, as far as we know. */
  readonly seatsOf: (track: TrackId) => DealtSeats | undefined;
  readonly desk: OriginDesk;
  readonly tuning: SwarmTuning;
}

/** One segment's lots, drawn once: hashing them anew in every evaluation would cost more than all the rest. */
export interface Draw {
  readonly stripes: number;
  readonly seats: DealtSeats | undefined;
  readonly neighbours: number;
  /** By stripe: how long this viewer leaves it to others once it is open. */
  readonly waitMs: readonly Millis[];
  /** And whether it has yet to fetch it whoever else does: where two must find the same, one is not enough (IN30). */
  readonly isDuty: boolean[];
}

/**
 * Who asks the origin first (SW30..). Where the tracker has dealt seats, the holder of a stripe's first seat fetches at
 * once and the next two step in one after the other. Elsewhere everybody draws lots, a hash of viewer, segment and
 * stripe: where every viewer is a neighbour the lowest fetches at once and the others step in; in a larger swarm the
 * lot sets an exponential suppression timer (Nonnenmacher and Biersack, "Optimal multicast feedback"): the first to
 * fire fetches, and its notice, flooded through the mesh, silences the rest. Pure but for the lots it keeps.
 */
export function planElection(now: Millis, window: readonly DueSegment[], situation: ElectionSituation): ElectionPlan {
  const ranges: OriginRange[] = [];
  let lookAgainAt = Infinity;
  if (situation.selfWeight === 0) return { ranges, lookAgainAt };
  for (const { segment, dueAt } of window) {
    // What cannot be proven yet could not be given to anybody: somebody else's playlist may list it already. The root of
    // a part that our own hints at comes with the part.
    const isProvable = segment.trustsPeers || segment.hintedUntil > now;
    const isReady = segment.listed || (segment.located && isProvable);
    if (!isReady || now < segment.originRetryAt || situation.isAlone(segment)) continue;
    const { electionAfterMs, vodElectionMs } = situation.tuning;
    // Who has just come to a rendition does not know yet what its neighbours hold of it.
    let openAt = Math.max(segment.knownAt, situation.eligibleAt, segment.track.followedAt + electionAfterMs);
    if (!segment.track.live) openAt = Math.max(openAt, dueAt - vodElectionMs);
    segment.noticeMs = noticeLifeMs(segment, dueAt, situation);
    const nextAt = now < openAt ? openAt : elect(now, segment, openAt, ranges, situation);
    lookAgainAt = Math.min(lookAgainAt, nextAt);
  }
  return { ranges, lookAgainAt };
}

/** Adds the parts of a segment whose turn has come. Returns when that of another comes. */
function elect(
  now: Millis,
  segment: Segment,
  openAt: Millis,
  ranges: OriginRange[],
  situation: ElectionSituation,
): Millis {
  const { stripes, waitMs, isDuty } = drawOf(segment, situation);
  const chunks = segment.expectedChunks;
  // Of recorded video only neighbours tell (SW32): there an end to belief cost two points of offload.
  const termEndsAt = segment.track.live ? openAt + segment.noticeMs : Infinity;
  let next = Infinity;
  for (let stripe = 0; stripe < stripes; stripe++) {
    const wait = waitMs[stripe] ?? 0;
    const isTwofold = isDuty[stripe];
    const first = Math.ceil((stripe * chunks) / stripes);
    const end = Math.max(Math.ceil(((stripe + 1) * chunks) / stripes), first + 1);
    for (let chunk = first; chunk < end; chunk++) {
      if (segment.stateOf(chunk) !== MISSING) continue;
      const isLeft = !isTwofold || segment.knowsHash(chunk);
      const noticedAt = segment.noticedAt[chunk] ?? -Infinity;
      // Repeated without end, notices would keep everybody from fetching: those after the first term count for nothing.
      const leftAt = !isLeft ? -Infinity : noticedAt < termEndsAt ? noticedAt : openAt;
      const freeAt = Math.max(openAt, leftAt + segment.noticeMs) + wait;
      if (freeAt > now) {
        next = Math.min(next, freeAt);
        continue;
      }
      // And whoever has never brought anything announces what he likes.
      const holds = (holder: Availability): boolean =>
        (now < termEndsAt || holder.peer.lastChunkAt > -Infinity) && hasChunk(holder, chunk) && agrees(holder, segment);
      if (segment.holders.some(holds)) {
        if (now < termEndsAt) next = Math.min(next, termEndsAt);
        continue;
      }
      // An estimate may fall short: the last chunk stands for all that follow.
      const to =
        segment.chunkCount === undefined && chunk === end - 1 && stripe === stripes - 1 ? undefined : chunk + 1;
      // Once: where its stripe ends is seen differently when the size is known, and then its neighbours have the rest.
      isDuty[stripe] = false;
      const last = ranges.at(-1);
      if (last?.segment === segment && last.to === chunk) ranges[ranges.length - 1] = { ...last, to };
      else ranges.push({ segment, from: chunk, to, reason: "elected" });
    }
  }
  return next;
}

/**
 * How long after a notice its chunks must show up somewhere. One viewer alone takes longer to spread a whole segment
 * than many do with a stripe each.
 */
function noticeLifeMs(segment: Segment, dueAt: Millis, { desk, tuning }: ElectionSituation): Millis {
  const slackMs = dueAt - segment.knownAt;
  const factor = desk.rangesUsable ? 1 : tuning.wholeNoticeFactor;
  return factor * Math.max(tuning.noticeMsMin, Math.min(tuning.noticeMsMax, slackMs * tuning.noticeShareOfSlack));
}

function drawOf(segment: Segment, situation: ElectionSituation): Draw {
  const { selfHash, peers, tuning, seatsOf } = situation;
  const stripes = stripeCount(segment, situation);
  // Viewers of recorded video are at different places: whoever holds the seat may not want the segment.
  const seats = segment.track.live ? seatsOf(segment.track.id) : undefined;
  const drawn = segment.draw;
  if (drawn?.stripes === stripes && drawn.seats === seats && drawn.neighbours === peers.length) return drawn;
  // Everybody's reload comes at a moment of its own in every period: steps of equal length would meet it every time.
  const stepMs = tuning.takeoverStepMs * (0.75 + lotOf(selfHash, 1, segment, STRIPE_NONE).share / 2);
  const waitMs: Millis[] = [];
  const isDuty: boolean[] = [];
  for (let stripe = 0; stripe < stripes; stripe++) {
    const lot = lotOf(selfHash, situation.selfWeight, segment, stripe);
    const turn = seats
      ? seatTurn(lot, seats, segment, stripe, stepMs, situation)
      : lotTurn(lot, segment, stripe, stepMs, situation);
    waitMs.push(turn.waitMs);
    isDuty.push(turn.isDuty);
  }
  return (segment.draw = { stripes, seats, neighbours: peers.length, waitMs, isDuty });
}

/**
 * A power of two, so that viewers that count a little differently still agree on most borders. Counts viewers, not
 * uploaders, of whom each knows its neighbours only: neighbouring stripes that fall to one viewer are one request.
 */
function stripeCount(segment: Segment, { desk, peers, viewers, tuning }: ElectionSituation): number {
  const chunks = segment.expectedChunks;
  if (!desk.rangesUsable || chunks === 0 || !segment.track.live) return 1;
  const limit = Math.min(
    tuning.stripesMax,
    Math.max(viewers, peers.length + 1),
    Math.floor(chunks / tuning.stripeChunksMin),
  );
  return limit <= 1 ? 1 : 1 << (31 - Math.clz32(limit));
}

/** See {@link Draw}. */
interface Turn {
  readonly waitMs: Millis;
  readonly isDuty: boolean;
}

const takesTwo = ({ track }: Segment): boolean => track.proof === "attested";

function seatTurn(
  lot: Lot,
  { seats, witness = [], seeded }: DealtSeats,
  segment: Segment,
  stripe: number,
  stepMs: Millis,
  situation: ElectionSituation,
): Turn {
  const seat = (rank: number): number => seatOf(segment.name.sequence, stripe, rank);
  let rank = 0;
  while (rank < SEATED_RANKS && !seats.includes(seat(rank))) rank++;
  const isDuty = takesTwo(segment) && (rank === 0 || witness.includes(seat(0)));
  const behind = seeded ? 1 : 0;
  // What a seeder fetches is signed by then, if the operator vouches for it: those of others have no seats here.
  if (isDuty) return { waitMs: behind * STAND_IN_STEPS * stepMs, isDuty };
  // One of the two may be gone, and the other's notice would hold everybody back.
  if (rank === 1 && takesTwo(segment)) return { waitMs: STAND_IN_STEPS * stepMs, isDuty: true };
  return { waitMs: (rank + behind) * stepMs + (rank < SEATED_RANKS ? 0 : timerMs(lot, segment, situation)), isDuty };
}

function lotTurn(own: Lot, segment: Segment, stripe: number, stepMs: Millis, situation: ElectionSituation): Turn {
  const { peers, selfHash, viewers } = situation;
  let rank = 0;
  // However many say that they are seeders, and prove nothing by that: together they cost one step.
  let behind = 0;
  for (const { identity, following } of peers) {
    if (!identity || identity.uplink === 0 || !following.has(segment.track.id)) continue;
    const lot = lotOf(identity.hash, weightOf(identity.uplink, identity.seeder), segment, stripe);
    if (lot.score > own.score || (lot.score === own.score && identity.hash > selfHash)) continue;
    if (identity.seeder) behind = 1;
    else rank++;
  }
  const everybodyIsNear = viewers <= peers.length + 1;
  // Of a crowd nobody sees all: so many lots are low that two hardly ever are not.
  const isLow = everybodyIsNear || !segment.track.live ? rank < 2 : own.score * viewers < LOW_LOTS;
  const isDuty = isLow && takesTwo(segment);
  const timer = everybodyIsNear ? 0 : timerMs(own, segment, situation);
  return { waitMs: Math.max(isDuty ? 0 : (rank + behind) * stepMs, timer), isDuty };
}

/** ln(score)/ln(N) of an exponential variate is what the minimum over N viewers has near zero: the first timer. */
function timerMs({ score }: Lot, segment: Segment, { peers, viewers, tuning }: ElectionSituation): Millis {
  const others = segment.track.live ? Math.max(viewers, peers.length + 1) : peers.length + 1;
  return tuning.suppressionMs * Math.max(0, 1 + log2Of(Math.min(1, score)) / Math.max(1, -log2Of(1 / others)));
}

/** Who can give more is elected more often, and who came to give before all others. */
export const weightOf = (uplink: UplinkClass, isSeeder: boolean): number => uplink * (isSeeder ? SEEDER_WEIGHT : 1);

/** A viewer's draw for a stripe: `score` is an exponential variate of rate `weight` (the lowest wins), `share` uniform in (0, 1]. */
interface Lot {
  readonly score: number;
  readonly share: number;
}

function lotOf(viewerHash: number, weight: number, segment: Segment, stripe: number): Lot {
  let h = Math.imul(viewerHash ^ Math.imul(segment.hash, 0x9e3779b1), 0x85ebca6b) ^ Math.imul(stripe + 1, 0xc2b2ae35);
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
  h = Math.imul(h ^ (h >>> 12), 0x297a2d39);
  const share = (((h ^ (h >>> 15)) >>> 0) + 1) / 0x1_0000_0000;
  return { score: (-log2Of(share) * LN_2) / weight, share };
}

const LN_2 = 0.6931;
/** No viewer's lot is that low. */
const SEEDER_WEIGHT = 1e6;

/** Seats of one stripe whose holders fetch without a timer. */
const SEATED_RANKS = 3;

/** By then what two have fetched is signed, and known to all neighbours. */
const STAND_IN_STEPS = 5;

/** Viewers on average who fetch a stripe where two must: in 98 of 100 draws it is two at least. */
const LOW_LOTS = 6;

/** Stands for the viewer's own jitter among the stripes of its lots. */
const STRIPE_NONE = 0x7fff;
