import type { Millis, Seconds } from "../../base/time.ts";

/** Where the player is, and so when each moment of the timeline is due. Knows nothing of segments' bytes. */
export class Playback {
  #position: Seconds | undefined;
  #bufferedEnd: Seconds = 0;
  #rate = 1;
  #at: Millis = 0;
  bufferAheadMax: Seconds = 30;
  /** Since when it goes on from where it is: when the first frame could be shown, or the last jump. Infinity before. */
  movedAt: Millis = Infinity;
  /** Since when it stands still by the viewer's will. Infinity while it plays. */
  pausedAt: Millis = Infinity;

  /** Returns whether it is other than was to be expected: the player has not just gone on. */
  update(
    now: Millis,
    position: Seconds | undefined,
    bufferedEnd: Seconds,
    rate: number,
    bufferAheadMax: Seconds,
  ): boolean {
    const driftSeconds = this.started && position !== undefined ? Math.abs(position - this.positionAt(now)) : Infinity;
    const isAsExpected =
      driftSeconds < JITTER_SECONDS &&
      bufferedEnd === this.#bufferedEnd &&
      rate === this.#rate &&
      bufferAheadMax === this.bufferAheadMax;
    if (position !== undefined && driftSeconds >= JUMP_SECONDS) this.movedAt = now;
    this.pausedAt = rate > 0 ? Infinity : Math.min(this.pausedAt, now);
    this.#at = now;
    this.#position = position;
    this.#bufferedEnd = bufferedEnd;
    this.#rate = rate;
    this.bufferAheadMax = bufferAheadMax;
    return !isAsExpected;
  }

  get started(): boolean {
    return this.#position !== undefined;
  }

  get rate(): number {
    return this.#rate;
  }

  get bufferedEnd(): Seconds {
    return this.#bufferedEnd;
  }

  /** The playhead now: it moves on between reports, but never past what is buffered. */
  positionAt(now: Millis): Seconds {
    const last = this.#position ?? 0;
    const moved = last + ((now - this.#at) / 1000) * this.#rate;
    return Math.max(last, Math.min(moved, this.#bufferedEnd));
  }

  /** When the playhead reaches `start`. A paused player is taken to go on at once: it may. */
  dueAt(now: Millis, start: Seconds): Millis {
    return now + (Math.max(0, start - this.positionAt(now)) * 1000) / Math.max(1, this.#rate);
  }
}

/** Reports of a playhead that moves on evenly are off by this much. */
const JITTER_SECONDS = 0.2;
/** What lags, or was waited for, is no jump. */
const JUMP_SECONDS = 2;
