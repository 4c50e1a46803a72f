import type { Millis } from "../../base/time.ts";

/** How much may happen: `burst` at once, and then `perSecond` in the long run. */
export interface Rate {
  readonly burst: number;
  readonly perSecond: number;
}

/** A token bucket: starts full, refills steadily. Knows nothing of what the tokens are for. */
export class TokenBucket {
  readonly #rate: Rate;
  #tokens: number;
  #countedAt: Millis;

  constructor(now: Millis, rate: Rate) {
    this.#rate = rate;
    this.#tokens = rate.burst;
    this.#countedAt = now;
  }

  /** Whole tokens there are now. */
  available(now: Millis): number {
    const { burst, perSecond } = this.#rate;
    this.#tokens = Math.min(burst, this.#tokens + ((now - this.#countedAt) * perSecond) / 1000);
    this.#countedAt = now;
    return Math.floor(this.#tokens);
  }

  /** Takes `count` tokens, or none and says no. */
  take(now: Millis, count = 1): boolean {
    if (this.available(now) < count) return false;
    this.#tokens -= count;
    return true;
  }

  /** How long until there are `count` tokens; 0 when there are. */
  readyInMs(now: Millis, count = 1): Millis {
    if (this.available(now) >= count) return 0;
    return Math.ceil(((count - this.#tokens) * 1000) / this.#rate.perSecond);
  }
}
