/** Lets bytes through at a rate, in the order in which they were asked for. */
export class Pacer {
  /** @type {{ bytes: number, resolve: () => void }[]} */
  #queue = [];
  /** Until when the bytes let through so far keep the line busy. */
  #busyUntil = 0;
  #bytesPerMs;
  /** @type {NodeJS.Timeout | undefined} */
  #timer;

  /** @param {number} bitsPerSecond  0: not limited */
  constructor(bitsPerSecond) {
    this.#bytesPerMs = bytesPerMs(bitsPerSecond);
  }

  /** @param {number} bitsPerSecond  0: not limited. Counts at once for those who wait. */
  setRate(bitsPerSecond) {
    this.#bytesPerMs = bytesPerMs(bitsPerSecond);
    this.#pump();
  }

  /**
   * Resolves when `bytes` have had their time on the line.
   * @param {number} bytes
   * @returns {Promise<void>}
   */
  take(bytes) {
    return new Promise((resolve) => {
      this.#queue.push({ bytes, resolve });
      if (this.#queue.length > 1) return;
      this.#busyUntil = Math.max(this.#busyUntil, performance.now() - LATE_MS_MAX);
      this.#pump();
    });
  }

  #pump() {
    clearTimeout(this.#timer);
    for (let head = this.#queue[0]; head; head = this.#queue[0]) {
      const readyAt = this.#busyUntil + head.bytes / this.#bytesPerMs;
      const waitMs = readyAt - performance.now();
      if (waitMs > 0) {
        this.#timer = setTimeout(() => this.#pump(), Math.min(waitMs, WAIT_MS_MAX));
        return;
      }
      this.#busyUntil = readyAt;
      this.#queue.shift();
      head.resolve();
    }
  }
}

/** @param {number} bitsPerSecond */
const bytesPerMs = (bitsPerSecond) => (bitsPerSecond > 0 ? bitsPerSecond / 8000 : Infinity);

/** setTimeout takes 31 bits, and fires at once above. */
const WAIT_MS_MAX = 60_000;
/** How much a late timer may catch up. Node's are 1 to 2 ms late; more would be a burst. */
const LATE_MS_MAX = 4;
