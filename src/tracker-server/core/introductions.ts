import type { Millis } from "../../base/time.ts";
import type { PeerId } from "../../protocol/ids.ts";

/**
 * Whom a viewer was introduced to: the newest 32. A fresh one may be sent signals; an older one is still told
 * when the viewer goes. Ids only, so that nobody who left is kept in memory by those who remain.
 */
export class Introductions {
  /** Oldest first. */
  readonly #introducedAt = new Map<PeerId, Millis>();

  add(now: Millis, peer: PeerId): void {
    this.#introducedAt.delete(peer);
    this.#introducedAt.set(peer, now);
    if (this.#introducedAt.size <= INTRODUCTIONS_MAX) return;
    for (const oldest of this.#introducedAt.keys()) {
      this.#introducedAt.delete(oldest);
      return;
    }
  }

  has(peer: PeerId): boolean {
    return this.#introducedAt.has(peer);
  }

  isFresh(now: Millis, peer: PeerId): boolean {
    const introducedAt = this.#introducedAt.get(peer);
    return introducedAt !== undefined && now - introducedAt < INTRODUCTION_MS;
  }

  delete(peer: PeerId): void {
    this.#introducedAt.delete(peer);
  }

  peers(): Iterable<PeerId> {
    return this.#introducedAt.keys();
  }
}

/** More than the links of any viewer, so that forgetting the oldest costs a hint and no link. */
export const INTRODUCTIONS_MAX = 32;
/** A connection is made within seconds or not at all; after this a stranger's signals are no longer relayed. */
export const INTRODUCTION_MS: Millis = 30_000;
