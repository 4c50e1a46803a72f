/** What a virtual player has of one rendition: its newest playlist, how far it has buffered, and what it waits for. Pure. */
import type { Millis, Seconds } from "../../base/time.ts";
import type { SegmentId } from "../../protocol/ids.ts";

/** One segment as the newest playlist lists it. */
export interface PlaylistSegment {
  readonly id: SegmentId;
  readonly start: Seconds;
  readonly duration: Seconds;
}

interface Listing {
  readonly live: boolean;
  readonly targetDuration: Seconds;
  readonly segments: readonly PlaylistSegment[];
}

export class TrackBuffer {
  #listing: Listing = { live: false, targetDuration: 0, segments: [] };
  #listedAt: Millis = 0;
  /** End of the last segment that came; undefined before the first, and after a jump. */
  #end: Seconds | undefined;
  #wanted: PlaylistSegment | undefined;
  /** What was refused is not asked for again before this. */
  retryAt: Millis = 0;

  list(now: Millis, listing: Listing): void {
    this.#listing = listing;
    this.#listedAt = now;
  }

  get isListed(): boolean {
    return this.#listing.segments.length > 0;
  }

  get isLive(): boolean {
    return this.#listing.live;
  }

  get wanted(): SegmentId | undefined {
    return this.#wanted?.id;
  }

  /** The wanted segment came. */
  append(): void {
    const wanted = this.#wanted;
    this.#wanted = undefined;
    if (!wanted) return;
    // Its place may have drifted since it was asked for.
    const { start, duration } = this.#listing.segments.find(({ id }) => id === wanted.id) ?? wanted;
    this.#end = start + duration;
  }

  /** The wanted segment was refused. */
  fail(retryAt: Millis): void {
    this.#wanted = undefined;
    this.retryAt = retryAt;
  }

  /** Forgets what is buffered and wanted: the playhead goes elsewhere. */
  clear(): void {
    this.#end = undefined;
    this.#wanted = undefined;
  }

  /** Names what is wanted next: one segment at a time, as far ahead of the playhead as hls.js would buffer. */
  choose(now: Millis, position: Seconds): void {
    if (this.#wanted || now < this.retryAt) return;
    if (this.endFrom(position) - position >= BUFFER_AHEAD_SECONDS) return;
    this.#wanted = this.#next(position);
  }

  /** How far can be played from there. A hole that the playlist itself has is played over. */
  endFrom(position: Seconds): Seconds {
    return Math.max(position, this.#end ?? position);
  }

  /** Whether everything there will ever be is here. */
  isComplete(position: Seconds): boolean {
    return this.isListed && !this.isLive && !this.#wanted && !this.#next(position);
  }

  /** Whether what comes next is no longer listed: a live window has moved on. */
  hasLost(position: Seconds): boolean {
    const [first] = this.#listing.segments;
    return this.isLive && !this.#wanted && first !== undefined && first.start > this.endFrom(position) + HOLE_SECONDS;
  }

  /** Where to join a live stream (RFC 8216 section 6.3.3): three target durations behind its end. */
  syncPosition(now: Millis): Seconds {
    const { segments, targetDuration } = this.#listing;
    const first = segments[0]?.start ?? 0;
    const edge = this.edge;
    const behind = this.edgeAt(now) - SYNC_TARGET_DURATIONS * targetDuration;
    return Math.max(first, Math.min(behind, edge - targetDuration));
  }

  /** End of the last segment listed. */
  get edge(): Seconds {
    const last = this.#listing.segments.at(-1);
    return last ? last.start + last.duration : 0;
  }

  /** The same, had the playlist been loaded just now. */
  edgeAt(now: Millis): Seconds {
    return this.edge + (now - this.#listedAt) / 1000;
  }

  #next(position: Seconds): PlaylistSegment | undefined {
    const end = this.#end;
    const { segments } = this.#listing;
    if (end === undefined) return segments.find(({ start, duration }) => start + duration > position + HOLE_SECONDS);
    // By its middle: durations are rounded, and places drift.
    return segments.find(({ start, duration }) => start + duration / 2 > end);
  }
}

/** hls.js's `maxBufferLength`. */
export const BUFFER_AHEAD_SECONDS: Seconds = 30;
/** hls.js's `liveSyncDurationCount`. */
const SYNC_TARGET_DURATIONS = 3;
/** hls.js's `maxBufferHole`. */
const HOLE_SECONDS: Seconds = 0.1;
