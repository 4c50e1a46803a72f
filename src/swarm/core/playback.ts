import type { Millis, Seconds } from "../../base/time.ts";

/** Where the player is, and so when each moment of the timeline is due. Knows nothing of segments' bytes. */
export class Playback {
  #position: Seconds | undefined;
  #bufferedEnd: Seconds = 0;
  #rate = 1;
  #at: Millis = 0;
  bufferAheadMax: Seconds = 30;
  /** When the first frame could be shown; Infinity before. */
  startedAt: Millis = Infinity;

  update(
    now: Millis,
    position: Seconds | undefined,
    bufferedEnd: Seconds,
    rate: number,
    bufferAheadMax: Seconds,
  ): void {
    this.#at = now;
    this.#position = position;
    if (position !== undefined) this.startedAt = Math.min(this.startedAt, now);
    this.#bufferedEnd = bufferedEnd;
    this.#rate = rate;
    this.bufferAheadMax = bufferAheadMax;
  }

  get started(): boolean {
    return this.#position !== undefined;
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
