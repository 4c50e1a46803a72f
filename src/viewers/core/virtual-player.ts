/**
 * A player that shows nothing: a playhead, a buffer for each rendition, and the next segment wanted for each. It begins,
 * buffers and stalls where hls.js with its default settings would. Pure: it is told of playlists and arrivals, and says
 * what to ask for; whoever fetches is none of its business.
 */
import type { Core } from "../../base/core.ts";
import type { Millis, Seconds } from "../../base/time.ts";
import type { SegmentId, TrackId } from "../../protocol/ids.ts";
import { TrackBuffer, type PlaylistSegment } from "./track-buffer.ts";

export type PlayerEvent =
  | { readonly type: "wakeup" }
  /** A media playlist was loaded or refreshed: the whole window, oldest first. Not `live` once it is complete. */
  | {
      readonly type: "playlist";
      readonly track: TrackId;
      readonly live: boolean;
      readonly targetDuration: Seconds;
      readonly segments: readonly PlaylistSegment[];
    }
  | { readonly type: "segment-arrived"; readonly segment: SegmentId }
  | { readonly type: "segment-failed"; readonly segment: SegmentId };

export type PlayerAction =
  | { readonly type: "want"; readonly segment: SegmentId }
  | { readonly type: "unwant"; readonly segment: SegmentId }
  /** Where the player is; once for every event that may have changed it. */
  | {
      readonly type: "playback";
      readonly position: Seconds | undefined;
      readonly bufferedEnd: Seconds;
      readonly rate: number;
    };

export interface VirtualPlayerOptions {
  /** What is played together: the main rendition first, whose timeline counts. */
  readonly tracks: readonly TrackId[];
  readonly openedAt: Millis;
  /** Where a VOD begins. Default 0. */
  readonly startAt?: Seconds | undefined;
}

export interface PlayerCounts {
  readonly phase: "starting" | "playing" | "stalled" | "ended";
  /** From the opening to the first picture; undefined before. */
  readonly startUpMs: Millis | undefined;
  readonly stalls: number;
  readonly stalledMs: Millis;
  readonly playedMs: Millis;
  readonly failedSegments: number;
  readonly bufferSeconds: Seconds;
  /** Behind the end of the live playlist, which goes on between reloads; undefined for VOD and before the start. */
  readonly latencySeconds: Seconds | undefined;
}

export class VirtualPlayer implements Core<PlayerEvent, PlayerAction> {
  readonly #options: VirtualPlayerOptions;
  readonly #buffers: ReadonlyMap<TrackId, TrackBuffer>;
  readonly #main: TrackBuffer;
  #phase: PlayerCounts["phase"] = "starting";
  /** Of the instant `#at`; undefined until every rendition has a playlist. */
  #position: Seconds | undefined;
  #at: Millis;
  #startUpMs: Millis | undefined;
  #stalls = 0;
  #stalledMs: Millis = 0;
  #playedMs: Millis = 0;
  #failedSegments = 0;

  constructor(options: VirtualPlayerOptions) {
    this.#options = options;
    this.#at = options.openedAt;
    this.#main = new TrackBuffer();
    this.#buffers = new Map(
      options.tracks.map((track, index) => [track, index === 0 ? this.#main : new TrackBuffer()]),
    );
  }

  handle(now: Millis, event: PlayerEvent): readonly PlayerAction[] {
    const before = this.#wanted();
    const settled = event.type === "segment-arrived" || event.type === "segment-failed" ? event.segment : undefined;
    this.#advance(now);
    this.#apply(now, event);
    this.#place(now);
    this.#settle(now);
    const position = this.#position;
    if (position !== undefined) for (const buffer of this.#buffers.values()) buffer.choose(now, position);
    const after = this.#wanted();
    return [
      ...before
        .filter((segment) => segment !== settled && !after.includes(segment))
        .map((segment) => ({ type: "unwant", segment }) as const),
      ...after.filter((segment) => !before.includes(segment)).map((segment) => ({ type: "want", segment }) as const),
      {
        type: "playback",
        position: this.#phase === "starting" ? undefined : position,
        bufferedEnd: position === undefined ? 0 : this.#bufferedEnd(position),
        rate: this.#phase === "ended" ? 0 : 1,
      },
    ];
  }

  nextWakeup(): Millis {
    if (this.#position === undefined || this.#phase === "ended") return Infinity;
    const position = this.#position;
    let at: Millis = this.#at + REPORT_EVERY_MS;
    if (this.#phase === "playing") at = Math.min(at, this.#at + (this.#bufferedEnd(position) - position) * 1000);
    for (const buffer of this.#buffers.values()) if (buffer.retryAt > this.#at) at = Math.min(at, buffer.retryAt);
    return at;
  }

  counts(now: Millis): PlayerCounts {
    this.#advance(now);
    const position = this.#position ?? 0;
    const isLive = this.#main.isLive && this.#phase !== "starting";
    return {
      phase: this.#phase,
      startUpMs: this.#startUpMs,
      stalls: this.#stalls,
      stalledMs: this.#stalledMs,
      playedMs: this.#playedMs,
      failedSegments: this.#failedSegments,
      bufferSeconds: this.#position === undefined ? 0 : this.#bufferedEnd(position) - position,
      latencySeconds: isLive ? this.#main.edgeAt(now) - position : undefined,
    };
  }

  #apply(now: Millis, event: PlayerEvent): void {
    switch (event.type) {
      case "playlist":
        this.#buffers.get(event.track)?.list(now, event);
        return;
      case "segment-arrived":
        for (const buffer of this.#buffers.values()) if (buffer.wanted === event.segment) buffer.append();
        return;
      case "segment-failed":
        for (const buffer of this.#buffers.values()) {
          if (buffer.wanted !== event.segment) continue;
          buffer.fail(now + RETRY_MS);
          this.#failedSegments++;
        }
        return;
      case "wakeup":
        return;
    }
  }

  /** Moves the playhead to where it is by now: never past what is buffered. */
  #advance(now: Millis): void {
    const elapsedMs = Math.max(0, now - this.#at);
    this.#at = Math.max(now, this.#at);
    if (this.#position === undefined) return;
    if (this.#phase === "stalled") this.#stalledMs += elapsedMs;
    if (this.#phase !== "playing") return;
    const playableMs = Math.max(0, this.#bufferedEnd(this.#position) - this.#position) * 1000;
    const playedMs = Math.min(elapsedMs, playableMs);
    this.#position += playedMs / 1000;
    this.#playedMs += playedMs;
    if (elapsedMs < playableMs) return;
    this.#phase = this.#hasAll(this.#position) ? "ended" : "stalled";
    if (this.#phase === "ended") return;
    this.#stalls++;
    this.#stalledMs += elapsedMs - playedMs;
  }

  /** Finds its place once every rendition is known, and again when a live window has left it behind. */
  #place(now: Millis): void {
    if (this.#position === undefined) {
      if ([...this.#buffers.values()].every(({ isListed }) => isListed))
        this.#position = this.#main.isLive ? this.#main.syncPosition(now) : (this.#options.startAt ?? 0);
      return;
    }
    const position = this.#position;
    if (![...this.#buffers.values()].some((buffer) => buffer.hasLost(position))) return;
    this.#position = this.#main.syncPosition(now);
    for (const buffer of this.#buffers.values()) buffer.clear();
  }

  /** Starts or goes on when there is something to show. */
  #settle(now: Millis): void {
    if (this.#position === undefined || this.#phase === "playing") return;
    if (this.#hasAll(this.#position) && this.#phase === "stalled") this.#phase = "ended";
    if (this.#phase === "ended" || this.#bufferedEnd(this.#position) - this.#position < PLAYABLE_SECONDS) return;
    this.#startUpMs ??= now - this.#options.openedAt;
    this.#phase = "playing";
  }

  /** Whether a rendition has no more to come: the shortest one ends it. */
  #hasAll(position: Seconds): boolean {
    return [...this.#buffers.values()].some((buffer) => buffer.isComplete(position));
  }

  #wanted(): readonly SegmentId[] {
    return [...this.#buffers.values()].flatMap(({ wanted }) => wanted ?? []);
  }

  /** How far all renditions together can be played from there. */
  #bufferedEnd(position: Seconds): Seconds {
    return Math.min(...[...this.#buffers.values()].map((buffer) => buffer.endFrom(position)));
  }
}

/** How often the swarm is told where the player is: it reckons on from there. */
const REPORT_EVERY_MS: Millis = 1000;
/** Less than a frame or two is nothing to show. */
const PLAYABLE_SECONDS: Seconds = 0.1;
/** As hls.js waits before the first retry of a segment that the CDN refused. */
const RETRY_MS: Millis = 1000;
