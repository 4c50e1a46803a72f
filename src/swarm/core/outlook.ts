import type { Millis } from "../../base/time.ts";
import { isDirect, isParent, type PeerId } from "../../protocol/ids.ts";
import { NOTICE_HOPS_MAX } from "../../protocol/limits.ts";
import type { UplinkClass } from "../../protocol/peer-message.ts";
import type { SwarmAction } from "./action.ts";
import { planElection, weightOf } from "./election.ts";
import type { Interest } from "./interest.ts";
import type { Links } from "./links.ts";
import type { OriginDesk, OriginRange } from "./origin-desk.ts";
import { leadMs, planOrigin } from "./origin-plan.ts";
import type { Parents } from "./parents.ts";
import type { Peer } from "./peer.ts";
import type { Playback } from "./playback.ts";
import type { RequestTable } from "./request-table.ts";
import type { PeerPlan } from "./scheduler.ts";
import type { Segment } from "./segment.ts";
import type { SegmentTable } from "./segment-table.ts";
import type { Topology } from "./topology.ts";
import type { SwarmTuning } from "./tuning.ts";
import type { DueSegment } from "./window.ts";

export interface OutlookDesk {
  readonly interest: Interest;
  readonly isSeeder: boolean;
  readonly selfHash: number;
  readonly table: SegmentTable;
  readonly playback: Playback;
  readonly desk: OriginDesk;
  readonly peers: ReadonlyMap<PeerId, Peer>;
  readonly requests: RequestTable;
  readonly links: Links;
  readonly topology: Topology;
  readonly parents: Parents | undefined;
  readonly tuning: SwarmTuning;
}

/**
 * What this viewer needs, who is there to give it, and what of it the origin is asked for: the deadline rule, then the
 * election. Looked at anew when it may have changed, which is far more rarely than events come.
 */
export class Outlook {
  readonly #at: OutlookDesk;
  /** When it is looked at next. */
  lookAt: Millis = 0;
  /** As of the last look: what matters, soonest due first, and open links to viewers that said hello. */
  window: readonly DueSegment[] = [];
  peers: readonly Peer[] = [];
  /** What is told of our uplink. */
  uplink: UplinkClass;
  timerLagMs: Millis = 0;
  /** Decisions are made at most this often. */
  paceMs: Millis = 0;
  #shortUntil: Millis = 0;

  constructor(at: OutlookDesk, uplink: UplinkClass) {
    this.#at = at;
    this.uplink = uplink;
  }

  look(now: Millis): SwarmAction[] {
    const { desk, interest, isSeeder, playback, topology, parents, tuning, selfHash } = this.#at;
    desk.cover();
    this.window = interest.window(now, this.#at.table, playback, this.#at.peers);
    this.paceMs = this.#paceMs();
    this.peers = [...this.#at.peers.values()].filter((peer) => peer.identity);
    const isAlone = (segment: Segment): boolean => this.isAlone(now, segment);
    const fetchesAll = isSeeder && !parents?.awaited;
    const started = fetchesAll || playback.started;
    const situation = { isSeeder: fetchesAll, started, timerLagMs: this.timerLagMs, tuning, isAlone };
    const due = planOrigin(now, this.window, desk, situation);
    const actions: SwarmAction[] = [];
    for (const range of due.ranges) this.#fetch(now, range, actions);
    for (const fetch of due.hedges) actions.push(desk.hedge(now, fetch));

    const election = planElection(now, this.window, {
      selfHash,
      // Nobody fetches for others what a seeder above brings (SW117).
      selfWeight: parents?.linked ? 0 : weightOf(this.uplink, isSeeder),
      eligibleAt: isSeeder ? 0 : playback.movedAt + tuning.electionAfterMs,
      isAlone,
      seatsOf: (track) => topology.seatsOf(now, track),
      peers: this.peers.filter(({ id }) => !isDirect(id)),
      viewers: topology.viewers,
      desk,
      tuning,
    });
    for (const range of election.ranges) this.#fetch(now, range, actions);

    const hopeUntil = this.#hopeUntil(now);
    const lookAt = now < hopeUntil ? hopeUntil : Infinity;
    this.lookAt = Math.min(due.lookAgainAt, election.lookAgainAt, lookAt, now + (interest.lookEveryMs ?? Infinity));
    return actions;
  }

  /** Nobody is there to give, nor may be on the way; or nothing would be taken. */
  isAlone(now: Millis, segment: Segment): boolean {
    if (segment.track.proof === "origin") return true;
    return now >= this.#hopeUntil(now) && !this.peers.some((peer) => helps(peer, segment));
  }

  #hopeUntil(now: Millis): Millis {
    return Math.max(this.#at.topology.hopeUntil(now), this.#at.parents?.hopeUntil(now) ?? now);
  }

  needs(segment: Segment): boolean {
    return this.window.some((due) => due.segment === segment);
  }

  /** Chunks were left for the origin lately: the swarm lacks uplink. */
  uplinkIsShort(now: Millis): boolean {
    return now < this.#shortUntil;
  }

  /** About when the deadline rule takes back what was asked for. */
  uselessAt({ segment, dueAt }: PeerPlan): Millis {
    return dueAt - leadMs(dueAt - segment.knownAt, this.#at.desk, this.#at.tuning);
  }

  #paceMs(): Millis {
    const { evaluateShareOfSlack, evaluateMsMin, evaluateMsMax, evaluateMsShort, shortSeconds } = this.#at.tuning;
    for (const { following, targetDuration } of this.#at.table.tracks.values())
      if (following && targetDuration <= shortSeconds) return evaluateMsShort;
    const newest = this.window.at(-1);
    const slackMs = newest ? newest.dueAt - newest.segment.knownAt : Infinity;
    return Math.max(evaluateMsMin, Math.min(evaluateMsMax, slackMs * evaluateShareOfSlack));
  }

  #fetch(now: Millis, range: OriginRange, actions: SwarmAction[]): void {
    const { segment, from, to, reason } = range;
    const end = to ?? Infinity;
    actions.push(...this.#at.requests.cancel(segment, (chunk) => chunk < from || chunk >= end));
    actions.push(this.#at.desk.start(now, range));
    if (reason === "due") this.#shortUntil = now + SHORT_MS;
    if (reason !== "elected") return;
    // What a former notice has not brought here is missing hereabouts: the rest of the swarm need not hear of it again.
    const hops = (segment.noticedAt[from] ?? -Infinity) > -Infinity ? AGAIN_HOPS : NOTICE_HOPS_MAX;
    for (let chunk = from; chunk < Math.min(end, Math.max(segment.expectedChunks, from + 1)); chunk++)
      segment.notice(chunk, now);
    actions.push(...this.#at.links.tellFetching(range, hops));
  }
}

/** Whether a peer could bring chunks of a segment: it gives, has not called to be given, and is in the same rendition or has some of it. */
const helps = (peer: Peer, segment: Segment): boolean =>
  (isParent(peer.id) || !isDirect(peer.id)) &&
  (peer.identity?.uplink ?? 0) > 0 &&
  (peer.following.has(segment.track.id) || peer.availability(segment) !== undefined);

/** To our neighbours and theirs: among those the next would be elected. */
const AGAIN_HOPS = 1;

/** Some segments' time: whether the swarm's uplinks suffice changes with who is there. */
const SHORT_MS = 15_000;
