/**
 * Tells start-up and stalls from samples of a media element's position. Reads no clock and no element itself.
 * A late sample is no stall: what counts is the wall time that playback did not account for.
 */
import type { Stall } from "./page-api.ts";

export class PlaybackClock {
  /** The last `playing` event, until time goes on after it. */
  #candidate: { readonly at: number; readonly position: number } | undefined;
  #last: { readonly at: number; readonly position: number } | undefined;
  #startedAt: number | undefined;
  readonly #stalls: Stall[] = [];

  /** The instant of the first `playing` after which time went on. */
  get startedAt(): number | undefined {
    return this.#startedAt;
  }

  /** The media element said `playing`. */
  playing(now: number, position: number): void {
    this.#candidate = { at: now, position };
  }

  /** `halted`: paused or ended, so that standing still is right. */
  sample(now: number, position: number, halted: boolean): void {
    if (this.#startedAt === undefined) this.#awaitStart(now, position);
    else this.#measure(now, position, halted);
  }

  /** All stalls so far; one that still lasts counts up to `now`. */
  stalls(now: number): readonly Stall[] {
    if (!this.#last) return [...this.#stalls];
    return now - this.#last.at > STALL_MS_MIN
      ? [...this.#stalls, { startedAt: this.#last.at, ms: now - this.#last.at }]
      : [...this.#stalls];
  }

  #awaitStart(now: number, position: number): void {
    if (!this.#candidate) return;
    const seconds = position - this.#candidate.position;
    if (seconds === 0) return;
    if (seconds < 0 || seconds > SEEK_SECONDS_MIN) {
      this.#candidate = { at: now, position }; // hls.js moves from 0 to the live point after the first frame
      return;
    }
    this.#startedAt = this.#candidate.at;
    this.#last = { at: now, position };
  }

  #measure(now: number, position: number, halted: boolean): void {
    const last = this.#last;
    if (!last) return;
    const seconds = position - last.position;
    if (seconds === 0 && !halted) return; // not moving: whether it is a stall shows when it moves again
    const elapsedMs = now - last.at;
    const isSeek = seconds < 0 || seconds * 1000 > elapsedMs + SEEK_SECONDS_MIN * 1000;
    const idleMs = isSeek ? elapsedMs : elapsedMs - seconds * 1000;
    if (!halted && idleMs > STALL_MS_MIN) this.#stalls.push({ startedAt: last.at, ms: idleMs });
    this.#last = { at: now, position };
  }
}

/** Below this a sampler in a busy browser cannot tell a stall from its own lateness. */
const STALL_MS_MIN = 250;
/** A jump by more than this beyond the time that passed is a seek, not playback. */
const SEEK_SECONDS_MIN = 1;
