import type { Rng } from "../../base/random.ts";
import type { Millis } from "../../base/time.ts";
import type { ConnectionId } from "./event.ts";

/** The tracker is about to stop: who has not been told yet, when the next few are, and when each is to come back. */
export class Drain {
  readonly #waiting: ConnectionId[];
  readonly #spreadMs: Millis;
  readonly #rng: Rng;
  #nextAt: Millis;

  constructor(now: Millis, connections: Iterable<ConnectionId>, spreadMsMin: Millis, rng: Rng) {
    this.#waiting = [...connections];
    this.#spreadMs = Math.max(spreadMsMin, this.#waiting.length);
    this.#rng = rng;
    this.#nextAt = now;
  }

  /** Everybody has been told. */
  get isEnding(): boolean {
    return this.#waiting.length === 0;
  }

  nextWakeup(): Millis {
    return this.isEnding ? Infinity : this.#nextAt;
  }

  /** A few at a time: ten thousand in one go would hold up everything else for a quarter of a second. */
  takeDue(now: Millis): readonly ConnectionId[] {
    if (now < this.#nextAt) return [];
    this.#nextAt = now + DRAIN_STEP_MS;
    return this.#waiting.splice(0, DRAINED_PER_STEP);
  }

  drawReconnectInMs(): Millis {
    return Math.floor(this.#rng.next() * this.#spreadMs);
  }
}

/** With {@link DRAINED_PER_STEP}: 2,000 viewers a second, about 20 ms of work a step. */
const DRAIN_STEP_MS: Millis = 100;
const DRAINED_PER_STEP = 200;
