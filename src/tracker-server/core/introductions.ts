import { hash32 } from "../../base/random.ts";
import type { Millis } from "../../base/time.ts";
import type { PeerId } from "../../protocol/ids.ts";

/**
 * Whom a viewer was introduced to: the newest 32. A fresh one may be sent signals; an older one is still told
 * when the viewer goes. Ids only, so that nobody who left is kept in memory by those who remain.
 */
export class Introductions {
  /** Oldest first, when, and where: lists that are searched, because a `Map` of so few takes three times the memory. */
  readonly #peers: PeerId[] = [];
  readonly #introducedAt: Millis[] = [];
  /** Hashes: to compare texts would take longer than all else that is looked at in a candidate. */
  readonly #prefixes: number[] = [];

  /** `prefixKey` is the network that the peer is in. */
  add(now: Millis, peer: PeerId, prefixKey: string): void {
    this.delete(peer);
    this.#peers.push(peer);
    this.#introducedAt.push(now);
    this.#prefixes.push(hash32(prefixKey));
    if (this.#peers.length > INTRODUCTIONS_MAX) this.#deleteAt(0);
  }

  has(peer: PeerId): boolean {
    return this.#peers.includes(peer);
  }

  isFresh(now: Millis, peer: PeerId, withinMs = INTRODUCTION_MS): boolean {
    return now - (this.#introducedAt[this.#peers.indexOf(peer)] ?? -Infinity) < withinMs;
  }

  delete(peer: PeerId): void {
    const index = this.#peers.indexOf(peer);
    if (index >= 0) this.#deleteAt(index);
  }

  /** Peers of one network, named by its `hash32`, those who have left since included: their links need not have ended. */
  countOf(prefix: number): number {
    let count = 0;
    for (const other of this.#prefixes) if (other === prefix) count++;
    return count;
  }

  peers(): readonly PeerId[] {
    return this.#peers;
  }

  #deleteAt(index: number): void {
    this.#peers.splice(index, 1);
    this.#introducedAt.splice(index, 1);
    this.#prefixes.splice(index, 1);
  }
}

/** More than the links of any viewer, so that forgetting the oldest costs a hint and no link. */
export const INTRODUCTIONS_MAX = 32;
/** A connection is made within seconds or not at all; after this a stranger's signals are no longer relayed. */
export const INTRODUCTION_MS: Millis = 30_000;
/** Viewers give a connection up after 10 s: in a small swarm they may have to be told of the same peer again. */
export const AGAIN_MS: Millis = 12_000;
