import type { Bytes, Millis } from "../../base/time.ts";
import { addGroups, EMPTY_GROUP, growGroup, type GroupSums } from "./group-sums.ts";
import { addCounts, type SessionCounts } from "./session-counts.ts";

/** What is known of one stream, plain and of fixed size. Those of several processes add up: {@link addStreams}. */
export interface StreamSums {
  /** Since the first viewer came. */
  readonly ageMs: Millis;
  /** With a socket now: those that share, seeders, and those held out. */
  readonly viewers: number;
  readonly seeders: number;
  readonly heldOut: number;
  /** Most that shared at one time. */
  readonly peak: number;
  /** Time that viewers were there to share, and that renditions were watched by anybody who shares, each added up. */
  readonly viewerMs: Millis;
  readonly renditionMs: Millis;
  /** Signals that the tracker passed on. */
  readonly relayedBytes: Bytes;
  /** Uploaded by seeders. */
  readonly seederBytes: Bytes;
  readonly sharing: GroupSums;
  readonly holdOut: GroupSums;
}

/** Who is in a swarm at one instant. */
export interface Attendance {
  /** That share. */
  readonly viewers: number;
  readonly seeders: number;
  readonly heldOut: number;
  /** Watched by those that share. */
  readonly tracks: number;
}

/**
 * Adds up what the viewers of one stream report, from its first viewer on; goes on where it was when they come back.
 * Judges no report: who may count what is decided before.
 */
export class StreamSavings {
  #startedAt: Millis | undefined;
  #passedAt: Millis = 0;
  #attendance: Attendance = { viewers: 0, seeders: 0, heldOut: 0, tracks: 0 };
  #peak = 0;
  #viewerMs: Millis = 0;
  #renditionMs: Millis = 0;
  #sharing = EMPTY_GROUP;
  #holdOut = EMPTY_GROUP;
  relayedBytes: Bytes = 0;
  seederBytes: Bytes = 0;

  /** To be told whenever somebody came, went or changed rendition. */
  attend(now: Millis, attendance: Attendance): void {
    this.#pass(now);
    this.#attendance = attendance;
    this.#peak = Math.max(this.#peak, attendance.viewers);
  }

  began(isHeldOut: boolean): void {
    if (isHeldOut) this.#holdOut = { ...this.#holdOut, sessions: this.#holdOut.sessions + 1 };
    else this.#sharing = { ...this.#sharing, sessions: this.#sharing.sessions + 1 };
  }

  /** A session had counted `before` and has counted `growth` since. */
  grew(isHeldOut: boolean, before: SessionCounts, growth: SessionCounts): void {
    if (isHeldOut) this.#holdOut = growGroup(this.#holdOut, before, growth);
    else this.#sharing = growGroup(this.#sharing, before, growth);
  }

  /** Of both groups. */
  get counts(): SessionCounts {
    return addCounts(this.#sharing.counts, this.#holdOut.counts);
  }

  sums(now: Millis): StreamSums {
    this.#pass(now);
    const { viewers, seeders, heldOut } = this.#attendance;
    return {
      ageMs: now - (this.#startedAt ?? now),
      viewers,
      seeders,
      heldOut,
      peak: this.#peak,
      viewerMs: this.#viewerMs,
      renditionMs: this.#renditionMs,
      relayedBytes: this.relayedBytes,
      seederBytes: this.seederBytes,
      sharing: this.#sharing,
      holdOut: this.#holdOut,
    };
  }

  #pass(now: Millis): void {
    this.#startedAt ??= now;
    const { viewers, tracks } = this.#attendance;
    const passedMs = now - this.#passedAt;
    this.#passedAt = now;
    if (viewers === 0) return;
    this.#viewerMs += viewers * passedMs;
    // Whoever has not told its rendition yet watches one.
    this.#renditionMs += Math.max(1, tracks) * passedMs;
  }
}

/** Of the same stream at two trackers. A rendition watched at both counts twice, and peaks may have been at two times. */
export const addStreams = (a: StreamSums, b: StreamSums): StreamSums => ({
  ageMs: Math.max(a.ageMs, b.ageMs),
  viewers: a.viewers + b.viewers,
  seeders: a.seeders + b.seeders,
  heldOut: a.heldOut + b.heldOut,
  peak: a.peak + b.peak,
  viewerMs: a.viewerMs + b.viewerMs,
  renditionMs: a.renditionMs + b.renditionMs,
  relayedBytes: a.relayedBytes + b.relayedBytes,
  seederBytes: a.seederBytes + b.seederBytes,
  sharing: addGroups(a.sharing, b.sharing),
  holdOut: addGroups(a.holdOut, b.holdOut),
});
