/** How late the event loop is: what a viewer waits before anybody looks at its message. */
import { monitorEventLoopDelay, type IntervalHistogram } from "node:perf_hooks";
import type { Millis } from "../../base/time.ts";

export interface LagFigures {
  readonly p50: Millis;
  readonly p99: Millis;
}

/** Of the last ten to twenty seconds: two windows, of which the older is thrown away. */
export class LoopLag {
  readonly #now: () => Millis;
  readonly #histogram: IntervalHistogram;
  #window: LagFigures = { p50: 0, p99: 0 };
  #startedAt: Millis;

  constructor(now: () => Millis) {
    this.#now = now;
    this.#startedAt = now();
    this.#histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
    this.#histogram.enable();
  }

  figures(): LagFigures {
    const current = this.#current();
    return { p50: Math.max(this.#window.p50, current.p50), p99: Math.max(this.#window.p99, current.p99) };
  }

  /** To be called every now and then. */
  tick(): void {
    if (this.#now() - this.#startedAt < WINDOW_MS) return;
    this.#startedAt = this.#now();
    this.#window = this.#current();
    this.#histogram.reset();
  }

  close(): void {
    this.#histogram.disable();
  }

  /** The histogram counts whole intervals, in nanoseconds: what is above the resolution is lateness. */
  #current(): LagFigures {
    if (this.#histogram.count === 0) return { p50: 0, p99: 0 };
    const late = (percentile: number): Millis =>
      Math.max(0, this.#histogram.percentile(percentile) / 1e6 - RESOLUTION_MS);
    return { p50: late(50), p99: late(99) };
  }
}

/** Fifty looks a second cost less than a thousandth of a core. */
const RESOLUTION_MS: Millis = 20;
/** Long enough for a 99th percentile, short enough for a readiness check to see the loop recover. */
const WINDOW_MS: Millis = 10_000;
