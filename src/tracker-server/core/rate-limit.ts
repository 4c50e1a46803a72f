import type { Millis } from "../../base/time.ts";

/** How much may happen: `burst` at once, and then `perSecond` in the long run. */
export interface Rate {
  readonly burst: number;
  readonly perSecond: number;
}

/** A token bucket: starts full, refills steadily. Knows nothing of what the tokens are for. */
export class TokenBucket {
  readonly #rate: Rate;
  /** When it is full again: all there is to know of it, in one number, of which every viewer has a few. */
  #fullAt: Millis;

  constructor(now: Millis, rate: Rate) {
    this.#rate = rate;
    this.#fullAt = now;
  }

  /** Whole tokens there are now. */
  available(now: Millis): number {
    return Math.floor(this.#tokens(now));
  }

  /** Takes `count` tokens, or none and says no. */
  take(now: Millis, count = 1): boolean {
    if (this.#tokens(now) < count) return false;
    this.#fullAt = Math.max(now, this.#fullAt) + (count * 1000) / this.#rate.perSecond;
    return true;
  }

  /** How long until there are `count` tokens; 0 when there are. */
  readyInMs(now: Millis, count = 1): Millis {
    return Math.max(0, Math.ceil(((count - this.#tokens(now)) * 1000) / this.#rate.perSecond));
  }

  #tokens(now: Millis): number {
    return this.#rate.burst - (Math.max(0, this.#fullAt - now) * this.#rate.perSecond) / 1000;
  }
}
