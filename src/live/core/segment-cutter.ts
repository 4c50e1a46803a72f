/**
 * Where segments end in a run of fragments. Where ffmpeg encodes, key frames come when they are asked for, and a segment
 * ends as soon as it is long enough; where it copies they are the publisher's, and a segment ends when the next one comes.
 */
import type { Seconds } from "../../base/time.ts";

export interface CutRule {
  readonly segmentSeconds: Seconds;
  /** The first frame after so many seconds is a key frame. */
  readonly hasForcedKeyFrames: boolean;
}

export class SegmentCutter {
  readonly #rule: CutRule;
  #lasted: Seconds = 0;
  #longest: Seconds;

  constructor(rule: CutRule) {
    this.#rule = rule;
    this.#longest = Math.max(rule.segmentSeconds * 2, SEGMENT_SECONDS_MAX);
  }

  /** From now on no segment may last longer (RFC 8216 section 4.3.3.1: rounded, it is at most the target). */
  limitTo(targetDuration: number): void {
    this.#longest = targetDuration + ROUNDED_DOWN;
  }

  /** Whether a segment ends before this fragment. */
  endsBefore(fragment: { readonly duration: Seconds; readonly isIndependent: boolean }): boolean {
    if (this.#lasted === 0) return false;
    const isDue = fragment.isIndependent && this.#lasted >= this.#rule.segmentSeconds * SHORTEST;
    return isDue || this.#lasted + fragment.duration > this.#longest;
  }

  /** Adds a fragment; whether the segment ends with it. */
  add(fragment: { readonly duration: Seconds }): boolean {
    this.#lasted += fragment.duration;
    return this.#rule.hasForcedKeyFrames && this.#lasted >= this.#rule.segmentSeconds - ROUNDING;
  }

  /** A segment begins. */
  restart(): void {
    this.#lasted = 0;
  }
}

/** Key frames every 1.2 s make segments of 2.4 s where 2 s are asked for, and every 1.9 s ones of 1.9 s. */
const SHORTEST = 0.75;

/** While the target duration is open: what Apple's authoring guide calls too long for a segment, and then some. */
const SEGMENT_SECONDS_MAX = 10;
const ROUNDED_DOWN = 0.499;

/** Durations are whole ticks, and ffmpeg is told to force key frames this much early. */
export const ROUNDING = 0.01;
