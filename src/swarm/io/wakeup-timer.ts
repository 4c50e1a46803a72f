import type { Millis } from "../../base/time.ts";

/** The one timer of a driver. Knows how late timers are: hidden tabs run them once a second. */
export class WakeupTimer {
  readonly #now: () => Millis;
  readonly #wake: (lagMs: Millis | undefined) => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #at: Millis = Infinity;
  /** Rises at once, falls slowly. */
  #lagMs: Millis = 0;
  #toldMs: Millis = 0;

  /** `wake` is told the lag when it has changed. */
  constructor(now: () => Millis, wake: (lagMs: Millis | undefined) => void) {
    this.#now = now;
    this.#wake = wake;
  }

  /** Infinity for never. */
  set(at: Millis): void {
    if (at === this.#at && this.#timer !== undefined) return;
    this.close();
    if (at === Infinity) return;
    this.#at = at;
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        this.#lagMs = Math.min(LAG_MS_MAX, Math.max(this.#now() - at, this.#lagMs * LAG_DECAY));
        const changed = Math.abs(this.#lagMs - this.#toldMs) > LAG_STEP_MS;
        if (changed) this.#toldMs = this.#lagMs;
        this.#wake(changed ? this.#lagMs : undefined);
      },
      Math.min(TIMER_MS_MAX, Math.max(0, at - this.#now())),
    );
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#at = Infinity;
  }
}

/** The longest delay that setTimeout takes is 2^31 - 1 ms; once a minute is often enough to look. */
const TIMER_MS_MAX = 60_000;

/** Anything longer is a suspended machine, not a habit. */
const LAG_MS_MAX = 2000;

/** Per wakeup on time. */
const LAG_DECAY = 0.9;

/** Smaller changes are not worth an event. */
const LAG_STEP_MS = 200;
