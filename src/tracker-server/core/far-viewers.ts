import { hash32, type Rng } from "../../base/random.ts";
import type { Millis } from "../../base/time.ts";
import type { PeerId } from "../../protocol/ids.ts";
import type { Introduction } from "../../protocol/tracker-message.ts";
import type { Send } from "./action.ts";
import { ANSWER_PEERS_MAX, channelOf, type Answer, type BusRecord, type NodeId, type Query } from "./bus-record.ts";
import type { Cluster } from "./cluster.ts";
import { DeadlineQueue } from "./deadline-queue.ts";
import type { AnySignal } from "./event.ts";
import type { Holdings } from "./holdings.ts";
import { AGAIN_MS } from "./introductions.ts";
import type { Member } from "./member.ts";
import { isElsewhere } from "./network.ts";
import { PREFIX_PEERS_MAX, pickPeers } from "./peer-selection.ts";
import { placeAt } from "./place.ts";
import { elsewhereLeft, meet } from "./ration.ts";
import type { TrackerCounters } from "./stats.ts";
import type { SwarmRegistry } from "./swarm-registry.ts";

/** A viewer that waits for peers from other processes. */
interface Pending {
  readonly asker: Member;
  readonly wanted: number;
  readonly peers: Array<Answer["peers"][number]>;
}

/** What this needs of the rest of the core. */
export interface FarViewersParts<Signal extends AnySignal> {
  readonly registry: SwarmRegistry;
  readonly cluster: Cluster<Signal>;
  readonly holdings: Holdings<Signal>;
  readonly counters: TrackerCounters;
  readonly rng: Rng;
  readonly send: Send<Signal>;
  /** Introduces `asker` to so many viewers of this process. */
  introduceNear(now: Millis, asker: Member, wanted: number): readonly Introduction[];
}

/**
 * Viewers of other processes: whom of them a viewer here is introduced to, and what goes between two that were. Nothing
 * here is waited for: without an answer within {@link ANSWER_MS} there are viewers of this process, or none.
 */
export class FarViewers<Signal extends AnySignal> {
  readonly #parts: FarViewersParts<Signal>;
  readonly #pending = new Map<number, Pending>();
  readonly #deadlines = new DeadlineQueue<number>(ANSWER_MS);
  #queries = 0;

  constructor(parts: FarViewersParts<Signal>) {
    this.#parts = parts;
  }

  /** How many of the `wanted` introductions of `asker` are to be viewers of other processes (TK31). */
  countWanted(now: Millis, { swarm }: Member, wanted: number): number {
    const { cluster, holdings, rng } = this.#parts;
    if (!cluster.isUp || wanted === 0 || this.#pending.size >= PENDING_MAX) return 0;
    const near = swarm.peers - 1;
    const missing = Math.max(0, wanted - near);
    const far = holdings.viewersElsewhere(swarm);
    if (far === 0) return holdings.isNew(now, swarm) ? missing : 0;
    const share = far / (far + near);
    const isThin = near < NEAR_ENOUGH;
    const fair = Math.floor(wanted * (isThin ? share : Math.min(share, FAR_SHARE_MAX)) + rng.next());
    return Math.min(wanted, Math.max(missing, fair, isThin ? 1 : 0));
  }

  /** Asks the other processes; `asker` gets a `peers` soon, with so many if they can be had anywhere. */
  ask(now: Millis, asker: Member, wanted: number): void {
    const query = ++this.#queries;
    this.#pending.set(query, { asker, wanted, peers: [] });
    this.#deadlines.add(now, query);
    const { uplink, track, place, network, swarm } = asker;
    this.#parts.cluster.publish(channelOf(swarm.id), {
      type: "query",
      query,
      swarm: swarm.id,
      asker: asker.peer,
      wanted,
      uplink,
      track,
      place: place && placeAt(now, place),
      network,
    });
  }

  /** Passes a signal on. Says no when nobody is known to hold its addressee. */
  relay(from: PeerId, to: PeerId, signal: Signal): boolean {
    const node = this.#parts.cluster.reach(to);
    if (node === undefined) return false;
    this.#parts.cluster.send(node, { type: "signal", to, from, signal });
    return true;
  }

  /** Hints to a viewer elsewhere that `peer` has left or cannot be reached. */
  tellGone(to: PeerId, peer: PeerId): void {
    const node = this.#parts.cluster.reach(to);
    if (node !== undefined) this.#parts.cluster.send(node, { type: "gone", to, peer });
  }

  nextWakeup(): Millis {
    return this.#deadlines.next();
  }

  handleWakeup(now: Millis): void {
    for (const query of this.#deadlines.takeDue(now)) this.#conclude(now, query);
  }

  handle(
    now: Millis,
    from: NodeId,
    record: Extract<BusRecord<Signal>, { type: "query" | "answer" | "signal" | "gone" }>,
  ): void {
    switch (record.type) {
      case "query":
        if (from !== this.#parts.cluster.node) this.#handleQuery(now, from, record);
        break;
      case "answer":
        this.#handleAnswer(now, from, record);
        break;
      case "signal":
        this.#handleSignal(now, from, record);
        break;
      case "gone":
        this.#handleGone(record);
        break;
    }
  }

  /** Both ends remember the pair, each at its own process (TK1): so neither needs to trust the other's word. */
  #handleQuery(now: Millis, from: NodeId, { query, asker, swarm: id, wanted, place, ...of }: Query): void {
    const { registry, cluster, holdings, rng } = this.#parts;
    const swarm = registry.swarm(now, id);
    if (swarm.peers === 0 || cluster.isDraining) return;
    // Nobody answers in full: the asker takes the first that come, and the others' viewers would wait for nothing.
    const share = Math.ceil((2 * wanted) / Math.max(1, holdings.holders(swarm)));
    const picked = pickPeers(
      now,
      {
        peer: asker,
        swarm,
        uplink: of.uplink,
        track: of.track,
        network: of.network,
        place: place && { place, toldAt: now },
        introductions: {
          has: (peer) => registry.member(peer)?.introductions.has(asker) ?? false,
          isFresh: (at, peer, ms) => registry.member(peer)?.introductions.isFresh(at, asker, ms) ?? false,
          countOf: () => 0, // whom else it knows is looked at where it is
        },
      },
      Math.min(ANSWER_PEERS_MAX, wanted, share),
      rng,
    );
    if (picked.length === 0) return;
    for (const member of picked) meet(now, member, asker, of.network.prefixKey);
    cluster.learn(now, asker, from);
    const peers = picked.map(({ peer, uplink, network: { prefixKey } }) => ({ peer, uplink, prefixKey }));
    cluster.send(from, { type: "answer", query, peers });
  }

  #handleAnswer(now: Millis, from: NodeId, { query, peers }: Answer): void {
    const { registry, cluster } = this.#parts;
    const pending = this.#pending.get(query);
    if (!pending) {
      cluster.countDropped(); // too late, or more than enough
      return;
    }
    for (const found of peers) {
      const { peer } = found;
      if (pending.peers.length >= pending.wanted) break;
      const isKnown = pending.peers.some((other) => other.peer === peer) || registry.member(peer);
      if (isKnown || pending.asker.introductions.isFresh(now, peer, AGAIN_MS) || isOneTooMany(pending, found.prefixKey))
        continue;
      pending.peers.push(found);
      cluster.learn(now, peer, from);
    }
    if (pending.peers.length >= pending.wanted) this.#conclude(now, query);
  }

  #conclude(now: Millis, query: number): void {
    const pending = this.#pending.get(query);
    this.#pending.delete(query);
    this.#deadlines.delete(query);
    const connection = pending?.asker.connection;
    if (!pending || connection === undefined) return;
    const { asker, wanted } = pending;
    let left = elsewhereLeft(now, asker);
    const taken = pending.peers
      .filter(({ prefixKey }) => !isElsewhere(asker.network.prefixKey, prefixKey) || left-- > 0)
      .slice(0, asker.introductionQuota.available(now));
    asker.introductionQuota.take(now, taken.length);
    for (const { peer, prefixKey } of taken) meet(now, asker, peer, prefixKey);
    const peers: Introduction[] = taken.map(({ peer, uplink }) => ({ peer, uplink }));
    this.#parts.counters.introductions += peers.length;
    if (peers.length < wanted) peers.push(...this.#parts.introduceNear(now, asker, wanted - peers.length));
    if (peers.length === 0) return;
    const viewers = asker.swarm.peers + this.#parts.holdings.viewersElsewhere(asker.swarm);
    this.#parts.send(connection, { type: "peers", viewers, peers });
  }

  #handleSignal(now: Millis, node: NodeId, record: Extract<BusRecord<Signal>, { type: "signal" }>): void {
    const { registry, cluster, counters, send } = this.#parts;
    const { to, from, signal } = record;
    const addressee = registry.member(to);
    cluster.learn(now, from, node);
    if (addressee?.connection === undefined) {
      counters.undelivered++;
      this.tellGone(from, to);
    } else if (addressee.introductions.isFresh(now, from)) {
      send(addressee.connection, { type: "signal", from, signal });
    } else {
      cluster.countDropped();
    }
  }

  /** Never answered, so that two processes that both miss somebody do not go on about it. */
  #handleGone({ to, peer }: Extract<BusRecord<Signal>, { type: "gone" }>): void {
    const member = this.#parts.registry.member(to);
    if (member?.connection === undefined || !member.introductions.has(peer)) {
      this.#parts.cluster.countDropped();
      return;
    }
    member.links = Math.max(0, member.links - 1);
    this.#parts.send(member.connection, { type: "gone", peer });
  }
}

/** Whether the asker knows as many of that network as it may (TK88). */
function isOneTooMany({ asker, peers }: Pending, prefixKey: string): boolean {
  if (!isElsewhere(asker.network.prefixKey, prefixKey)) return false;
  const waiting = peers.filter((peer) => peer.prefixKey === prefixKey).length;
  return asker.introductions.countOf(hash32(prefixKey)) + waiting >= PREFIX_PEERS_MAX;
}

/** Within one network answers take a few milliseconds; a viewer has better to do than wait for more than this. */
export const ANSWER_MS: Millis = 150;
/** What two seconds of a flood of joins leave waiting. Beyond it viewers are introduced to those of this process. */
const PENDING_MAX = 2_000;
/** With so many viewers here a share of a quarter keeps the mesh of the swarm in one piece; with fewer, all counts. */
const NEAR_ENOUGH = 50;
const FAR_SHARE_MAX = 0.25;
