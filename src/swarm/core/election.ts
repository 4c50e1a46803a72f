import { log2Of } from "../../base/log2.ts";
import type { Millis } from "../../base/time.ts";
import type { OriginDesk, OriginRange } from "./origin-desk.ts";
import type { Peer } from "./peer.ts";
import { MISSING, type Segment } from "./segment.ts";
import type { SwarmTuning } from "./tuning.ts";
import type { DueSegment } from "./window.ts";

/** What this viewer fetches for the swarm now, and when it might have to next. */
export interface ElectionPlan {
  readonly ranges: readonly OriginRange[];
  readonly lookAgainAt: Millis;
}

export interface ElectionSituation {
  /** This viewer's spread (hash of its ViewerId) and weight (its uplink class). */
  readonly selfHash: number;
  readonly selfWeight: number;
  /** Open links to viewers that said hello. */
  readonly peers: readonly Peer[];
  /** Viewers in the swarm, as the tracker last counted them. */
  readonly viewers: number;
  readonly desk: OriginDesk;
  readonly tuning: SwarmTuning;
}

/**
 * Who asks the origin first (SW30..). Everybody draws the same lots: a hash of viewer, segment and stripe. Where every
 * viewer is a neighbour, the lowest lot fetches at once and the others step in one after the other. In a larger swarm
 * the lot sets an exponential suppression timer (Nonnenmacher and Biersack, "Optimal multicast feedback"): the first
 * to fire fetches, and its notice, flooded through the mesh, silences the rest. Pure.
 */
export function planElection(now: Millis, window: readonly DueSegment[], situation: ElectionSituation): ElectionPlan {
  const ranges: OriginRange[] = [];
  let lookAgainAt = Infinity;
  if (situation.selfWeight === 0) return { ranges, lookAgainAt };
  for (const { segment, dueAt } of window) {
    if (!segment.listed || now < segment.originRetryAt) continue;
    const { live } = segment.track;
    const openAt = live ? segment.knownAt : Math.max(segment.knownAt, dueAt - situation.tuning.vodElectionMs);
    if (openAt > now) {
      lookAgainAt = Math.min(lookAgainAt, openAt);
      continue;
    }
    const electors = situation.peers.filter(
      (peer) => peer.identity && peer.identity.uplink > 0 && peer.following.has(segment.track.id),
    );
    const noticeMs = noticeLifeMs(segment, dueAt, situation.tuning);
    const count = stripeCount(segment, electors.length + 1, situation);
    for (let stripe = 0; stripe < count; stripe++) {
      const open = openRun(now, segment, stripe, count, situation.peers, noticeMs);
      if (!open) continue;
      const lot = lotOf(situation.selfHash, situation.selfWeight, segment, stripe);
      const fireAt = Math.max(
        openAt + delayOf(lot, segment, stripe, electors, situation),
        open.reopenedAt + lot.share * situation.tuning.suppressionMs,
      );
      if (fireAt > now) lookAgainAt = Math.min(lookAgainAt, fireAt);
      else {
        const last = ranges.at(-1);
        if (last?.segment === segment && last.to === open.from) ranges[ranges.length - 1] = { ...last, to: open.to };
        else ranges.push({ segment, from: open.from, to: open.to, reason: "elected" });
      }
    }
  }
  return { ranges, lookAgainAt };
}

/** How long after a notice its chunks must show up somewhere. */
export function noticeLifeMs(segment: Segment, dueAt: Millis, tuning: SwarmTuning): Millis {
  const slackMs = dueAt - segment.knownAt;
  return Math.max(tuning.noticeMsMin, Math.min(tuning.noticeMsMax, slackMs * tuning.noticeShareOfSlack));
}

/** A power of two, so that viewers that count a little differently still agree on most borders. */
function stripeCount(segment: Segment, electors: number, { desk, tuning }: ElectionSituation): number {
  const chunks = segment.expectedChunks;
  if (!desk.rangesUsable || chunks === 0 || !segment.track.live) return 1;
  const limit = Math.min(tuning.stripesMax, electors, Math.floor(chunks / tuning.stripeChunksMin));
  return limit <= 1 ? 1 : 1 << (31 - Math.clz32(limit));
}

/**
 * The part of a stripe that nobody has, brings or has lately said to fetch; `reopenedAt` is when the last notice about
 * it ran out. Undefined when there is none.
 */
function openRun(
  now: Millis,
  segment: Segment,
  stripe: number,
  stripes: number,
  peers: readonly Peer[],
  noticeMs: Millis,
): { readonly from: number; readonly to: number | undefined; readonly reopenedAt: Millis } | undefined {
  const chunks = segment.expectedChunks;
  const first = Math.ceil((stripe * chunks) / stripes);
  const end = Math.max(Math.ceil(((stripe + 1) * chunks) / stripes), first + 1);
  let from = -1;
  let to = -1;
  let reopenedAt = -Infinity;
  for (let chunk = first; chunk < end; chunk++) {
    const noticedUntil = (segment.noticedAt[chunk] ?? -Infinity) + noticeMs;
    const open =
      segment.stateOf(chunk) === MISSING && noticedUntil <= now && !peers.some((peer) => peer.has(segment, chunk));
    if (!open) {
      if (from >= 0) break;
      continue;
    }
    if (from < 0) from = chunk;
    to = chunk + 1;
    reopenedAt = Math.max(reopenedAt, noticedUntil);
  }
  if (from < 0) return undefined;
  const toEnd = segment.chunkCount === undefined && stripe === stripes - 1 && to === end;
  return { from, to: toEnd ? undefined : to, reopenedAt };
}

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

function delayOf(
  own: Lot,
  segment: Segment,
  stripe: number,
  electors: readonly Peer[],
  situation: ElectionSituation,
): Millis {
  const { suppressionMs, takeoverStepMs } = situation.tuning;
  const viewers = Math.max(situation.viewers, situation.peers.length + 1);
  // ln(score)/ln(N) of an exponential variate is what the minimum over N viewers has near zero: the first timer.
  const timer = suppressionMs * Math.max(0, 1 + log2Of(Math.min(1, own.score)) / Math.max(1, -log2Of(1 / viewers)));
  let rank = 0;
  for (const { identity } of electors) {
    if (!identity) continue;
    const lot = lotOf(identity.hash, identity.uplink, segment, stripe);
    if (lot.score < own.score || (lot.score === own.score && identity.hash < situation.selfHash)) rank++;
  }
  const everybodyIsNear = viewers <= situation.peers.length + 1;
  return Math.max(rank * takeoverStepMs, everybodyIsNear ? 0 : timer);
}

const LN_2 = 0.6931;
