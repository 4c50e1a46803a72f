import type { Millis } from "../../base/time.ts";
import { DeadlineQueue } from "./deadline-queue.ts";
import type { Rate } from "./rate-limit.ts";

/** Sockets that share a key: an address, a prefix of addresses, a ticket. */
export interface Crowd {
  readonly key: string;
  open: number;
}

/** Crowds by their key: those with a socket, and for a while those that had one. Does not know what a key is made of. */
export class Crowds<Member extends Crowd> {
  readonly #create: (now: Millis, key: string) => Member;
  readonly #byKey = new Map<string, Member>();
  /** Without a socket, kept until their buckets are full again and forgetting them forgives nothing. */
  readonly #idle: DeadlineQueue<Member>;

  constructor(keptMs: Millis, create: (now: Millis, key: string) => Member) {
    this.#create = create;
    this.#idle = new DeadlineQueue(keptMs);
  }

  get size(): number {
    return this.#byKey.size;
  }

  /** The crowd of that key, or a new one that is kept once it has a socket. */
  of(now: Millis, key: string): Member {
    return this.#byKey.get(key) ?? this.#create(now, key);
  }

  enter(crowd: Member): void {
    if (crowd.open++ > 0) return;
    this.#byKey.set(crowd.key, crowd);
    this.#idle.delete(crowd);
  }

  leave(now: Millis, crowd: Member): void {
    if (--crowd.open > 0) return;
    this.#idle.add(now, crowd);
    if (this.#idle.size <= IDLE_MAX) return;
    const oldest = this.#idle.takeOldest();
    if (oldest) this.#byKey.delete(oldest.key);
  }

  nextExpiry(): Millis {
    return this.#idle.next();
  }

  forgetIdle(now: Millis): void {
    for (const crowd of this.#idle.takeDue(now)) this.#byKey.delete(crowd.key);
  }
}

/** How long an empty bucket takes to be full. */
export const refillMs = ({ burst, perSecond }: Rate): Millis => (burst / perSecond) * 1000;

/** About 30 MB. Above it, a crowd that comes back may find its buckets full early. */
const IDLE_MAX = 100_000;
