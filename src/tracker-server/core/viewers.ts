import type { Rng } from "../../base/random.ts";
import type { Millis } from "../../base/time.ts";
import type { PeerId } from "../../protocol/ids.ts";
import { PEERS_PER_ANNOUNCE_MAX } from "../../protocol/limits.ts";
import type { Introduction, TrackerToViewer, ViewerToTracker } from "../../protocol/tracker-message.ts";
import { PROTOCOL_VERSION } from "../../protocol/version.ts";
import { Accusations } from "./accusations.ts";
import type { Send } from "./action.ts";
import { Attestation } from "./attestation.ts";
import type { BusRecord, NodeId } from "./bus-record.ts";
import type { Cluster } from "./cluster.ts";
import type { AnySignal, ConnectionId } from "./event.ts";
import { FarViewers } from "./far-viewers.ts";
import { Holdings } from "./holdings.ts";
import { change, Joining, type IdSource, type Joined, type JoiningSocket } from "./joining.ts";
import type { Member } from "./member.ts";
import type { TrackerLimits } from "./options.ts";
import { pickPeers } from "./peer-selection.ts";
import { elsewhereLeft, meet } from "./ration.ts";
import { takeReport } from "./report-check.ts";
import { Seating } from "./seating.ts";
import { addCounts, NO_COUNTS } from "./session-counts.ts";
import { createCounters, type RefusalReason } from "./stats.ts";
import { SwarmRegistry } from "./swarm-registry.ts";
import type { Revoked } from "./ticket.ts";
import type { TrackerList } from "./tracker-list.ts";

export type Message<Type extends ViewerToTracker["type"], Signal = never> = Extract<
  ViewerToTracker<Signal>,
  { type: Type }
>;

/** Something a viewer asked for and does not get: counted under `reason`, answered with `error`. */
export interface Refusal {
  readonly reason: RefusalReason;
  /** Is no mistake. */
  readonly isForgiven?: true;
  readonly error: Omit<Extract<TrackerToViewer, { type: "error" }>, "type">;
}

/**
 * What viewers do once their socket is let in: join, be introduced, signal, report, leave. Knows a connection as a
 * name to send to; whether a refusal is a mistake and when a socket closes is decided by the tracker.
 */
export class Viewers<Signal extends AnySignal> {
  readonly registry: SwarmRegistry;
  readonly seating: Seating;
  readonly holdings: Holdings<Signal>;
  readonly far: FarViewers<Signal>;
  readonly attestation: Attestation;
  readonly accusations: Accusations<Signal>;
  readonly counters = createCounters();
  /** Sums over all swarms, those that have ended included. */
  reported = NO_COUNTS;
  readonly #limits: TrackerLimits;
  readonly #rng: Rng;
  readonly #joining: Joining;
  readonly #ids: IdSource;
  readonly #trackers: TrackerList;
  readonly #send: Send<Signal>;
  readonly #cluster: Cluster<Signal>;

  constructor(
    limits: TrackerLimits,
    rng: Rng,
    ids: IdSource,
    cluster: Cluster<Signal>,
    trackers: TrackerList,
    send: Send<Signal>,
    ban: (now: Millis, member: Member) => void,
  ) {
    this.#limits = limits;
    this.#rng = rng;
    this.#ids = ids;
    this.#trackers = trackers;
    this.#send = send;
    this.#cluster = cluster;
    this.registry = new SwarmRegistry(limits.resumeWithinMs);
    const { registry, counters } = this;
    this.attestation = new Attestation(ids.attester, limits, counters, send);
    this.accusations = new Accusations({ registry, cluster, counters, accusersMin: limits.accusersMin, ban });
    this.#joining = new Joining({
      limits,
      registry,
      counters,
      accusations: this.accusations,
      ids,
      rng: rng.fork("hold-out"),
      node: () => cluster.node,
    });
    this.holdings = new Holdings(cluster, (now, swarm, track) => {
      this.seating.redeal(now, swarm, track);
    });
    this.seating = new Seating(rng.fork("seats"), send, (swarm, track) => this.holdings.shareOf(swarm, track));
    this.far = new FarViewers({
      registry,
      cluster,
      holdings: this.holdings,
      counters,
      rng: rng.fork("far"),
      send,
      introduceNear: (now, asker, wanted) => this.#introduceNear(now, asker, wanted),
    });
  }

  /** Puts a viewer into its swarm: the one its token names, on this socket from now on, or a new one. */
  join(now: Millis, socket: JoiningSocket, join: Message<"join">): Joined | Refusal {
    const joined = this.#joining.join(now, socket, join);
    if ("reason" in joined) return joined;
    const { member, isResumed } = joined;
    tellLinks(member, join.links ?? member.links, join.peersWanted);
    this.#send(socket.id, {
      type: "joined",
      version: Math.min(join.version, PROTOCOL_VERSION),
      peer: member.peer,
      resume: this.#ids.resumeToken(member.peer, join.swarm, member.pass),
      viewers: this.#viewersOf(member),
      // The more viewers there are the less often each reports: a thousand a second, all together, is enough.
      reportEveryMs: Math.max(this.#limits.reportEveryMs, this.registry.peerCount),
      peers: this.#introduce(now, member, join.peersWanted),
      ...this.#spread(),
      stun: this.#trackers.stun,
      trackers: this.#trackers.forMember(socket.network.region, socket.id),
      ...(member.holdOut && { holdOut: true }),
      ...(this.attestation.publicKey !== undefined && { attestationKey: this.attestation.publicKey }),
    });
    this.#settle(now, member, isResumed);
    return joined;
  }

  need(now: Millis, connection: ConnectionId, member: Member, need: Message<"need">): Refusal | undefined {
    if (now < member.nextNeedAt) {
      const message = `need must come at most once in ${String(this.#limits.needEveryMs / 1000)} s`;
      const retryInMs = Math.ceil(member.nextNeedAt - now);
      return { reason: "rate-limited", error: { code: "rate-limited", message, retryInMs } };
    }
    member.nextNeedAt = now + this.#limits.needEveryMs;
    tellLinks(member, need.connected, need.peersWanted);
    if (need.place) member.place = { place: need.place, toldAt: now };
    const peers = this.#introduce(now, member, need.peersWanted);
    this.#send(connection, { type: "peers", viewers: this.#viewersOf(member), peers, ...this.#spread() });
    return undefined;
  }

  /** Only between two that were introduced, whoever of them speaks: nobody can scan a swarm, or pester it. */
  signal(
    now: Millis,
    connection: ConnectionId,
    member: Member,
    message: Message<"signal", Signal>,
  ): Refusal | undefined {
    const { to, signal } = message;
    const addressee = this.registry.member(to);
    const mayReach = member.introductions.isFresh(now, to) || addressee?.introductions.isFresh(now, member.peer);
    if (!mayReach) return NOT_INTRODUCED;
    if (addressee?.connection === undefined && this.far.relay(member.peer, to, signal)) {
      this.counters.relays++;
      this.counters.relayedBytes += signal.length;
      return undefined;
    }
    if (addressee?.connection === undefined) {
      this.counters.undelivered++;
      this.#send(connection, { type: "gone", peer: to });
      return undefined;
    }
    this.counters.relays++;
    this.counters.relayedBytes += signal.length;
    member.swarm.savings.relayedBytes += signal.length;
    this.#send(addressee.connection, { type: "signal", from: member.peer, signal });
    return undefined;
  }

  /** A signal did not arrive at `addressee`: its sender learns what it would of a peer that has left. */
  signalDropped(addressee: Member, from: PeerId): void {
    this.counters.undelivered++;
    const sender = this.registry.member(from);
    if (!sender) this.far.tellGone(from, addressee.peer);
    else if (sender.connection !== undefined) this.#send(sender.connection, { type: "gone", peer: addressee.peer });
  }

  update(now: Millis, member: Member, update: Message<"update">): void {
    change(now, member, update, member.network);
    this.#settle(now, member);
  }

  report(now: Millis, member: Member, report: Message<"report">): Refusal | undefined {
    const taken = takeReport(now, member, report);
    if (!taken || "reason" in taken) return taken;
    const { savings } = member.swarm;
    savings.grew(member.holdOut, taken.before, taken.growth);
    if (member.isSeeder) savings.seederBytes += taken.growth.uploadedBytes;
    this.reported = addCounts(this.reported, taken.growth);
    return undefined;
  }

  /** Where hashes are reported two viewers of different networks are to look at everything (TK73). */
  hashes(now: Millis, member: Member, hashes: Message<"hashes">): Refusal | undefined {
    if (this.attestation.publicKey !== undefined) this.seating.callWitnesses(now, member.swarm, hashes.track);
    return this.attestation.report(now, member, hashes);
  }

  leave(now: Millis, member: Member): void {
    this.counters.leaves++;
    this.expel(now, member);
  }

  /** It is in its swarm no more, and cannot come back as who it was. */
  expel(now: Millis, member: Member): void {
    this.#sendGone(member);
    this.#joining.absent(now, member);
    this.registry.remove(now, member);
    member.connection = undefined;
    this.#settle(now, member);
  }

  /** Its socket is gone. It may come back, but its neighbours should look now whether their link still lives. */
  drop(now: Millis, member: Member): void {
    this.counters.drops++;
    this.#sendGone(member);
    this.#joining.absent(now, member);
    this.registry.hold(now, member);
    this.#settle(now, member);
    this.#forgetHeld(now);
  }

  /** Its socket is gone because this process stops: its links stand, and so do its seats. */
  shelve(now: Millis, member: Member): void {
    this.#joining.absent(now, member);
    this.registry.hold(now, member);
    this.holdings.touch(member.swarm);
  }

  /** Tickets and classes that the operator no longer wants, in place of those before. Returns who is in with one. */
  revoke(revoked: Revoked): readonly Member[] {
    return this.#joining.revoke(revoked);
  }

  /** Another process, or this one to itself, has said something. */
  hear(now: Millis, from: NodeId, record: BusRecord<Signal>): void {
    switch (record.type) {
      case "presence":
        this.#cluster.handlePresence(now, from, record);
        break;
      case "echo":
        this.#cluster.handleEcho(now, record);
        break;
      case "holding":
        if (from !== this.#cluster.node) this.holdings.handle(now, from, record);
        break;
      case "accuse":
        this.accusations.handle(now, record);
        break;
      default:
        this.far.handle(now, from, record);
    }
  }

  nextWakeup(): Millis {
    const expiry = Math.min(this.registry.nextExpiry(), this.#joining.nextExpiry());
    return Math.min(expiry, this.holdings.nextWakeup(), this.far.nextWakeup(), this.attestation.nextWakeup());
  }

  handleWakeup(now: Millis): void {
    this.#forgetHeld(now);
    this.#joining.forgetExpired(now);
    this.holdings.handleWakeup(now);
    this.far.handleWakeup(now);
    this.attestation.handleWakeup(now);
  }

  #forgetHeld(now: Millis): void {
    this.counters.expired += this.registry.forgetHeld(now, this.#limits.heldMax);
  }

  /** How far those who lose this tracker are to spread, so that the next one meets a thousand a second. */
  #spread(): { readonly reconnectWithinMs?: Millis } {
    const reconnectWithinMs = Math.min(SPREAD_MS_MAX, this.registry.peerCount);
    return reconnectWithinMs > SPREAD_MS_MIN ? { reconnectWithinMs } : {};
  }

  #settle(now: Millis, member: Member, comesBack = false): void {
    this.seating.settle(now, member, comesBack);
    this.holdings.touch(member.swarm);
    attend(now, member);
  }

  /** In its swarm, seeders and those of other processes included (TR7). */
  #viewersOf({ swarm }: Member): number {
    return Math.max(1, swarm.peers + this.holdings.viewersElsewhere(swarm));
  }

  /** Tells nobody but the asker: the others learn of it by its offer. */
  #introduce(now: Millis, asker: Member, wanted: number): readonly Introduction[] {
    if (asker.holdOut) return [];
    const allowed = Math.min(wanted, asker.introductionQuota.available(now));
    const far = this.far.countWanted(now, asker, allowed);
    const near = this.#introduceNear(now, asker, allowed - far);
    if (far > 0) this.far.ask(now, asker, allowed - near.length);
    return near;
  }

  #introduceNear(now: Millis, asker: Member, wanted: number): readonly Introduction[] {
    const allowed = Math.min(wanted, asker.introductionQuota.available(now));
    const picked = pickPeers(now, asker, allowed, this.#rng, elsewhereLeft(now, asker));
    asker.introductionQuota.take(now, picked.length);
    for (const member of picked) {
      meet(now, asker, member.peer, member.network.prefixKey);
      meet(now, member, asker.peer, asker.network.prefixKey);
    }
    this.counters.introductions += picked.length;
    return picked.map(({ peer, uplink }) => ({ peer, uplink }));
  }

  #sendGone(member: Member): void {
    for (const peer of member.introductions.peers()) {
      const neighbour = this.registry.member(peer);
      if (!neighbour) this.far.tellGone(peer, member.peer);
      if (neighbour?.connection === undefined) continue;
      neighbour.links = Math.max(0, neighbour.links - 1);
      this.#send(neighbour.connection, { type: "gone", peer: member.peer });
    }
  }
}

/** What viewers take when they are told nothing; nothing is gained by telling them less. */
const SPREAD_MS_MIN: Millis = 500;
/** The longest that viewers wait between two attempts: those of a full process come back 1,700 a second. */
const SPREAD_MS_MAX: Millis = 30_000;
/** What a member says of its links. A seeder wants as many more as it has room for. */
function tellLinks(member: Member, links: number, wanted: number): void {
  member.links = links;
  if (member.isSeeder) member.linksMax = wanted < PEERS_PER_ANNOUNCE_MAX ? links + wanted : Infinity;
}

/** Who is there has changed, or what they watch. Seeders watch nothing. */
function attend(now: Millis, { swarm }: Member): void {
  const { viewers, heldOut, tracks } = swarm;
  swarm.savings.attend(now, { viewers, seeders: swarm.seeders.size, heldOut, tracks });
}

const NOT_INTRODUCED: Refusal = {
  reason: "not-introduced",
  error: {
    code: "not-introduced",
    message: "to must be a peer you were introduced to within the last 30 s; more are to be had with need",
    field: "to",
  },
};
