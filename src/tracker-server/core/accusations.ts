import type { Millis } from "../../base/time.ts";
import type { PeerId } from "../../protocol/ids.ts";
import type { BusRecord } from "./bus-record.ts";
import type { Cluster } from "./cluster.ts";
import { DeadlineQueue } from "./deadline-queue.ts";
import type { AnySignal } from "./event.ts";
import type { Member } from "./member.ts";
import { witnessKeyOf } from "./network.ts";
import type { TrackerCounters } from "./stats.ts";
import type { SwarmRegistry } from "./swarm-registry.ts";
import type { Refusal } from "./viewers.ts";

/** What this needs of the rest of the core. */
export interface AccusationsParts<Signal extends AnySignal> {
  readonly registry: SwarmRegistry;
  readonly cluster: Cluster<Signal>;
  readonly counters: TrackerCounters;
  /** Networks that must agree. */
  readonly accusersMin: number;
  /** Puts a viewer out, and keeps it out. */
  ban(now: Millis, member: Member): void;
}

/**
 * Who is banned for what others say of it (TK75 to TK77). An accusation proves nothing, so networks are counted and not
 * viewers: any number of them in one network, or of sockets at one machine, are one accuser.
 */
export class Accusations<Signal extends AnySignal> {
  readonly #parts: AccusationsParts<Signal>;
  readonly #banned = new DeadlineQueue<PeerId>(ID_BANNED_MS);

  constructor(parts: AccusationsParts<Signal>) {
    this.#parts = parts;
  }

  /** Only of somebody it was introduced to: nobody can accuse a swarm from outside. */
  accuse(now: Millis, accuser: Member, peer: PeerId): Refusal | undefined {
    const { registry, cluster } = this.#parts;
    const accused = registry.member(peer);
    if (!accuser.introductions.has(peer) && !accused?.introductions.has(accuser.peer)) return STRANGER;
    const witness = witnessKeyOf(accuser);
    const node = cluster.reach(peer);
    if (accused) this.#count(now, accused, witness);
    else if (node !== undefined) cluster.send(node, { type: "accuse", to: peer, from: accuser.peer, witness });
    return undefined;
  }

  /** Another process has an accuser of a viewer here. */
  handle(now: Millis, { to, from, witness }: Extract<BusRecord, { type: "accuse" }>): void {
    const accused = this.#parts.registry.member(to);
    if (accused?.introductions.has(from)) this.#count(now, accused, witness);
    else this.#parts.cluster.countDropped();
  }

  /** Whether an id was banned, so that no token brings it back. */
  isBanned(now: Millis, peer: PeerId): boolean {
    this.#banned.takeDue(now);
    return this.#banned.has(peer);
  }

  #count(now: Millis, accused: Member, witness: string): void {
    const { counters, accusersMin, ban } = this.#parts;
    counters.accusations++;
    const accusers = (accused.accusers ??= new Map<string, Millis>());
    for (const [other, at] of accusers) if (now - at >= ACCUSED_MS) accusers.delete(other);
    accusers.set(witness, now);
    if (accusers.size < accusersMin) return;
    counters.bans++;
    this.#banned.takeDue(now);
    this.#banned.add(now, accused.peer);
    if (this.#banned.size > IDS_BANNED_MAX) this.#banned.takeOldest();
    ban(now, accused);
  }
}

const STRANGER: Refusal = {
  reason: "not-introduced",
  isForgiven: true, // it may have been long ago
  error: { code: "not-introduced", message: "peer must be one you were introduced to", field: "peer" },
};

/** Accusers that are further apart tell of different things. */
export const ACCUSED_MS: Millis = 600_000;

/** As long as a resume token is good (TK43). */
const ID_BANNED_MS: Millis = 86_400_000;
/** A megabyte. */
const IDS_BANNED_MAX = 10_000;
