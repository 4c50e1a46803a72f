import type { Millis, Seconds } from "../../src/base/time.ts";

/** What a player tells its viewer; times in seconds of media. */
export interface PlayerReport {
  readonly position: Seconds | undefined;
  readonly bufferedEnd: Seconds;
}

/**
 * A media element with hls.js on it, reduced to what a swarm sees: it asks for one segment after the other up to its
 * buffer's length, plays what it has, and stands still when that ends. Stalls are reckoned exactly, however seldom it
 * is looked at.
 */
export class Player {
  readonly #segmentSeconds: Seconds;
  /** Index of the segment it waits for. */
  pending: number | undefined;
  next: number;
  #bufferedEnd: Seconds;
  #startPosition: Seconds;
  /** Since the first picture a media element says where it is, even where it has nothing to show yet. */
  #hasShown = false;
  /** Instant at which media time `#anchorPosition` was, or would have been, on the screen. */
  #anchorAt: Millis | undefined;
  #anchorPosition: Seconds = 0;
  stalls = 0;
  stallMs: Millis = 0;
  plays = 0;

  constructor(segmentSeconds: Seconds, startPosition: Seconds) {
    this.#segmentSeconds = segmentSeconds;
    this.#startPosition = startPosition;
    this.next = Math.floor(startPosition / segmentSeconds);
    this.#bufferedEnd = this.next * segmentSeconds;
  }

  get started(): boolean {
    return this.#anchorAt !== undefined;
  }

  get bufferedEnd(): Seconds {
    return this.#bufferedEnd;
  }

  positionAt(now: Millis): Seconds | undefined {
    if (this.#anchorAt === undefined) return this.#hasShown ? this.#startPosition : undefined;
    return Math.min(this.#bufferedEnd, this.#anchorPosition + (now - this.#anchorAt) / 1000);
  }

  /** The segment to ask for now, if any. `newest` is the last that the playlist lists. */
  wants(now: Millis, newest: number): number | undefined {
    if (this.pending !== undefined || this.next > newest) return undefined;
    const ahead = this.#bufferedEnd - (this.positionAt(now) ?? this.#startPosition);
    if (ahead >= BUFFER_AHEAD_SECONDS) return undefined;
    this.pending = this.next;
    return this.next;
  }

  /** A segment is in the buffer. Returns the stall that it ends: since when, if there was one. */
  append(now: Millis, index: number): Millis | undefined {
    if (this.pending !== index) return undefined;
    this.pending = undefined;
    this.next = index + 1;
    this.plays++;
    let stalledSince: Millis | undefined;
    if (this.#anchorAt === undefined) {
      this.#anchorAt = now;
      this.#anchorPosition = this.#startPosition;
      this.#hasShown = true;
    } else {
      const ranOutAt = this.#anchorAt + (this.#bufferedEnd - this.#anchorPosition) * 1000;
      if (now > ranOutAt) {
        stalledSince = ranOutAt;
        this.stalls++;
        this.stallMs += now - ranOutAt;
        this.#anchorAt = now;
        this.#anchorPosition = this.#bufferedEnd;
      }
    }
    this.#bufferedEnd = (index + 1) * this.#segmentSeconds;
    return stalledSince;
  }

  /** Goes elsewhere and begins anew there. */
  seek(position: Seconds): void {
    this.pending = undefined;
    this.#startPosition = position;
    this.#anchorAt = undefined;
    this.next = Math.floor(position / this.#segmentSeconds);
    this.#bufferedEnd = this.next * this.#segmentSeconds;
  }
}

/** `maxBufferLength` of hls.js. */
export const BUFFER_AHEAD_SECONDS: Seconds = 30;
