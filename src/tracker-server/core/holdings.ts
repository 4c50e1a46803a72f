import type { Millis } from "../../base/time.ts";
import type { SwarmId, TrackId } from "../../protocol/ids.ts";
import { channelOf, HOLDING_TRACKS_MAX, type Holding, type NodeId } from "./bus-record.ts";
import type { Cluster } from "./cluster.ts";
import { DeadlineQueue } from "./deadline-queue.ts";
import type { AnySignal } from "./event.ts";
import { ALL_SEATS, shareOf, weightOf } from "./seat-share.ts";
import type { Swarm } from "./swarm.ts";

/** A swarm with viewers here, and what other processes have of it. */
interface Shared {
  readonly swarm: Swarm;
  readonly since: Millis;
  /** What the others were told of ours. */
  weights: ReadonlyMap<TrackId, number>;
  readonly others: Map<NodeId, Held>;
  /** Refreshes until all processes are asked again, not only those that are known. */
  untilAsked: number;
}

interface Held {
  readonly viewers: number;
  readonly weights: ReadonlyMap<TrackId, number>;
  readonly heardAt: Millis;
}

/**
 * Which processes have viewers of the swarms that have viewers here, how many, and with that whose part of an election
 * is dealt here (TK34). Told when it changes and every few seconds; whoever is not heard of has none.
 */
export class Holdings<Signal extends AnySignal> {
  readonly #cluster: Cluster<Signal>;
  readonly #redeal: (now: Millis, swarm: Swarm, track: TrackId) => void;
  readonly #shared = new Map<SwarmId, Shared>();
  readonly #touched = new Set<Swarm>();
  readonly #refreshes = new DeadlineQueue<SwarmId>(REFRESH_MS);
  /** New here: everybody is asked once more, because two processes may ask before either hears the other. */
  readonly #newcomers = new DeadlineQueue<SwarmId>(ASK_AGAIN_MS);
  /** To be told to everybody, a few at a time. */
  readonly #untold = new Set<SwarmId>();
  #tellAt: Millis = Infinity;

  /** `redeal` is called when the seats of a track that are dealt here may be others. */
  constructor(cluster: Cluster<Signal>, redeal: (now: Millis, swarm: Swarm, track: TrackId) => void) {
    this.#cluster = cluster;
    this.#redeal = redeal;
  }

  /** Viewers of this swarm have come, gone or changed: {@link settle} looks at it. */
  touch(swarm: Swarm): void {
    if (this.#cluster.hasBus) this.#touched.add(swarm);
  }

  /** Tells the others what has changed here. To be called when an event is dealt with. */
  settle(now: Millis): void {
    if (this.#touched.size === 0) return;
    for (const swarm of this.#touched) this.#settle(now, swarm);
    this.#touched.clear();
  }

  /** Viewers of a swarm at other processes. */
  viewersElsewhere({ id }: Swarm): number {
    let viewers = 0;
    for (const held of this.#shared.get(id)?.others.values() ?? []) viewers += held.viewers;
    return viewers;
  }

  /** Other processes with viewers of it. */
  holders({ id }: Swarm): number {
    return this.#shared.get(id)?.others.size ?? 0;
  }

  /** Whether others have not had the time to tell what they have of it. */
  isNew(now: Millis, { id }: Swarm): boolean {
    const shared = this.#shared.get(id);
    return !shared || now - shared.since < TOLD_MS;
  }

  /** The seats of a track that are dealt here. */
  shareOf(swarm: Swarm, track: TrackId): readonly number[] {
    const shared = this.#shared.get(swarm.id);
    if (!shared || shared.others.size === 0) return ALL_SEATS;
    const weights = new Map<NodeId, number>();
    for (const [node, held] of shared.others) {
      const weight = held.weights.get(track);
      if (weight !== undefined) weights.set(node, weight);
    }
    const former = shared.weights.get(track) ?? 0;
    weights.set(this.#cluster.node, Math.max(1, weightOf(giversOf(swarm, track), former)));
    return shareOf(track, this.#cluster.node, weights);
  }

  handle(now: Millis, from: NodeId, holding: Holding): void {
    const shared = this.#shared.get(holding.swarm);
    if (!shared) {
      if (!holding.asks) this.#cluster.countDropped();
      return;
    }
    const former = shared.others.get(from);
    if (holding.viewers === 0) {
      shared.others.delete(from);
    } else {
      const weights = new Map(holding.tracks.map(({ track, weight }) => [track, weight]));
      shared.others.set(from, { viewers: holding.viewers, weights, heardAt: now });
    }
    // Whoever we hear of for the first time may have missed what has changed here since it asked.
    if (holding.asks || (!former && holding.viewers > 0)) this.#cluster.send(from, this.#holdingOf(shared, false));
    this.#redealChanged(now, shared, former, shared.others.get(from));
  }

  handleNodeGone(now: Millis, node: NodeId): void {
    for (const shared of this.#shared.values()) this.#forget(now, shared, node);
  }

  handleBusUp(now: Millis): void {
    for (const id of this.#shared.keys()) this.#untold.add(id);
    this.#tellAt = now;
  }

  nextWakeup(): Millis {
    return Math.min(this.#refreshes.next(), this.#newcomers.next(), this.#untold.size > 0 ? this.#tellAt : Infinity);
  }

  handleWakeup(now: Millis): void {
    for (const id of this.#refreshes.takeDue(now)) {
      const shared = this.#shared.get(id);
      if (!shared) continue;
      this.#refreshes.add(now, id);
      for (const [node, held] of shared.others) if (now - held.heardAt >= HELD_MS) this.#forget(now, shared, node);
      if (--shared.untilAsked <= 0) this.#tellEverybody(shared);
      else this.#tellHolders(shared);
    }
    for (const id of this.#newcomers.takeDue(now)) {
      const shared = this.#shared.get(id);
      if (shared) this.#tellEverybody(shared);
    }
    if (now < this.#tellAt) return;
    this.#tellAt = now + TELL_STEP_MS;
    let told = 0;
    for (const id of this.#untold) {
      this.#untold.delete(id);
      const shared = this.#shared.get(id);
      if (shared) this.#tellEverybody(shared);
      if (++told === TOLD_PER_STEP) return;
    }
  }

  #settle(now: Millis, swarm: Swarm): void {
    let shared = this.#shared.get(swarm.id);
    if (swarm.peers === 0) {
      if (!shared) return;
      shared.weights = new Map();
      this.#tellHolders(shared);
      this.#shared.delete(swarm.id);
      this.#refreshes.delete(swarm.id);
      this.#newcomers.delete(swarm.id);
      this.#cluster.unfollow(channelOf(swarm.id));
      return;
    }
    const isNew = !shared;
    if (!shared) {
      shared = { swarm, since: now, weights: new Map(), others: new Map(), untilAsked: 0 };
      this.#shared.set(swarm.id, shared);
      this.#refreshes.add(now, swarm.id);
      this.#newcomers.add(now, swarm.id);
      this.#cluster.follow(channelOf(swarm.id));
    }
    const changed = this.#weigh(shared);
    if (isNew) this.#tellEverybody(shared);
    else if (changed.length > 0) this.#tellHolders(shared);
    if (shared.others.size > 0) for (const track of changed) this.#deal(now, swarm, track);
  }

  /** Brings our weights up to date. Returns the tracks whose weight is another. */
  #weigh(shared: Shared): readonly TrackId[] {
    const former = shared.weights;
    const weights = new Map<TrackId, number>();
    for (const track of new Set([...shared.swarm.seats.keys(), ...shared.swarm.seederSeats.keys()])) {
      if (weights.size === HOLDING_TRACKS_MAX) break;
      const weight = weightOf(giversOf(shared.swarm, track), former.get(track) ?? 0);
      if (weight > 0) weights.set(track, weight);
    }
    const changed = changedTracks(former, weights);
    if (changed.length > 0) shared.weights = weights;
    return changed;
  }

  #forget(now: Millis, shared: Shared, node: NodeId): void {
    const former = shared.others.get(node);
    if (!former) return;
    shared.others.delete(node);
    this.#redealChanged(now, shared, former, undefined);
  }

  #redealChanged(now: Millis, { swarm }: Shared, former: Held | undefined, held: Held | undefined): void {
    for (const track of changedTracks(former?.weights ?? NO_WEIGHTS, held?.weights ?? NO_WEIGHTS))
      this.#deal(now, swarm, track);
  }

  /** A process that drains leaves its viewers the seats they have (TK15). */
  #deal(now: Millis, swarm: Swarm, track: TrackId): void {
    if (!this.#cluster.isDraining) this.#redeal(now, swarm, track);
  }

  #tellHolders(shared: Shared): void {
    const holding = this.#holdingOf(shared, false);
    for (const node of shared.others.keys()) this.#cluster.send(node, holding);
  }

  #tellEverybody(shared: Shared): void {
    shared.untilAsked = REFRESHES_PER_ASK;
    this.#cluster.publish(channelOf(shared.swarm.id), this.#holdingOf(shared, true));
  }

  #holdingOf({ swarm, weights }: Shared, asks: boolean): Holding {
    const tracks = [...weights].map(([track, weight]) => ({ track, weight }));
    return { type: "holding", swarm: swarm.id, viewers: swarm.peers, tracks, asks };
  }
}

const giversOf = (swarm: Swarm, track: TrackId): number =>
  (swarm.laneOf(track)?.givers.size ?? 0) + (swarm.seederSeats.has(track) ? 1 : 0);

function changedTracks(one: ReadonlyMap<TrackId, number>, other: ReadonlyMap<TrackId, number>): readonly TrackId[] {
  const tracks = new Set([...one.keys(), ...other.keys()]);
  return [...tracks].filter((track) => one.get(track) !== other.get(track));
}

const NO_WEIGHTS: ReadonlyMap<TrackId, number> = new Map();

/** Mends what a lost message left behind, and carries the count of viewers. Two missed, and then some, and it is over. */
const REFRESH_MS: Millis = 5_000;
export const HELD_MS: Millis = 12_000;
/** So every half minute even processes that never heard of each other, because something was lost, do. */
const REFRESHES_PER_ASK = 6;
/** A subscription takes a few milliseconds to stand, and longer at a process that is busy. */
const ASK_AGAIN_MS: Millis = 1_000;
/** By then the answers of the others are here. */
const TOLD_MS: Millis = 1_500;
/** 2,000 swarms a second: a bus that comes back is not stampeded. */
const TELL_STEP_MS: Millis = 100;
const TOLD_PER_STEP = 200;
