import type { Millis } from "../../base/time.ts";

/**
 * When to write what has gathered. A process with little to do writes at the end of the turn of its event loop; a busy
 * one at most every {@link GATHER_MS}: what a message costs is mostly writes, and the answers to a newcomer, which come
 * within a few milliseconds of each other, then take one write and not five.
 */
export class Gathering {
  readonly #now: () => Millis;
  readonly #write: () => void;
  #isDue = false;
  #writtenAt: Millis = -Infinity;

  constructor(now: () => Millis, write: () => void) {
    this.#now = now;
    this.#write = write;
  }

  /** There is something to write. */
  begin(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    const waitMs = this.#writtenAt + GATHER_MS - this.#now();
    if (waitMs > 0) setTimeout(this.#end, waitMs);
    else setImmediate(this.#end);
  }

  readonly #end = (): void => {
    this.#isDue = false;
    this.#write();
    this.#writtenAt = this.#now();
  };
}

/** Nobody notices it beside the round trips that two browsers take to connect. */
const GATHER_MS: Millis = 4;
