import type { Millis, Seconds } from "../../src/base/time.ts";
import { BUFFER_AHEAD_SECONDS, Player } from "./player.ts";
import { exponential } from "./population.ts";
import type { StreamSegment } from "./stream.ts";
import type { Viewer } from "./viewer.ts";

/** What one viewer watches: its player, its playlist, and what both tell its core. Knows nothing of peers. */
export class Watching {
  readonly #viewer: Viewer;
  readonly player: Player;
  /** Waits for its first segment, or for the first after a seek. */
  isStarting = true;
  readonly #pollAt: Millis;
  #newestListed = -1;
  #startedAt: Millis | undefined;

  constructor(viewer: Viewer) {
    const { clock, stream, plan } = viewer.world;
    this.#viewer = viewer;
    this.player = new Player(plan.segmentSeconds, startPosition(viewer));
    this.#pollAt = stream.live ? clock.now + viewer.rng.next() * FIRST_POLL_MS_MAX : clock.now;
  }

  start(): void {
    const { clock, plan } = this.#viewer.world;
    clock.at(this.#pollAt, { run: () => this.#poll() });
    this.#report();
    const { media } = plan;
    if (media.type === "vod" && media.seekEverySeconds < Infinity) this.#planSeek(media.seekEverySeconds);
  }

  /** Reloads the playlist as hls.js does: every target duration, twice as often while nothing is new. */
  #poll(): void {
    if (!this.#viewer.alive) return;
    const { clock, stream, plan } = this.#viewer.world;
    const newest = stream.newestAt(clock.now);
    const isNew = newest !== this.#newestListed;
    this.#newestListed = newest;
    const track = stream.tracks[this.#viewer.traits.rendition];
    if (isNew && track !== undefined) {
      const segments = stream.listing(this.#viewer.traits.rendition, newest);
      const signed = plan.proof === "roots";
      const targetDuration = plan.segmentSeconds;
      this.#viewer.feed({ type: "playlist", track, live: stream.live, targetDuration, segments, signed });
      this.#askForMore();
    }
    if (stream.live) clock.after(plan.segmentSeconds * (isNew ? 1000 : 500), () => this.#poll());
  }

  #askForMore(): void {
    const wanted = this.player.wants(this.#viewer.world.clock.now, this.#newestListed);
    if (wanted !== undefined) this.#want(wanted);
  }

  #want(sequence: number): void {
    const { id } = this.#viewer.world.stream.at(this.#viewer.traits.rendition, sequence);
    this.#viewer.feed({ type: "segment-wanted", segment: id });
  }

  /** A whole segment came: it goes into the SourceBuffer. */
  handedOver(segment: StreamSegment): void {
    if (this.player.pending !== segment.name.sequence) return;
    this.#viewer.world.clock.after(APPEND_MS, () => this.#append(segment));
  }

  /** hls.js tries again after a while. */
  failed({ name }: StreamSegment): void {
    this.#viewer.world.clock.after(RETRY_MS, () => {
      if (this.player.pending === name.sequence) this.#want(name.sequence);
    });
  }

  #append(segment: StreamSegment): void {
    if (!this.#viewer.alive) return;
    const { clock, meter, trace } = this.#viewer.world;
    const { player } = this;
    if (player.pending !== segment.name.sequence) return;
    const wasStarted = player.started;
    const stalledSince = player.append(clock.now, segment.name.sequence);
    this.isStarting = false;
    if (!wasStarted) this.#started();
    if (stalledSince !== undefined)
      trace?.span(this.#viewer.index, "stall", stalledSince, clock.now, { segment: segment.id });
    if (meter.on && this.#viewer.counts) {
      meter.plays++;
      meter.playedBytes += segment.byteLength;
      if (stalledSince !== undefined) {
        meter.stalls++;
        meter.stallMs += clock.now - stalledSince;
      }
    }
    this.#report();
    this.#askForMore();
  }

  #started(): void {
    const { clock, meter, trace } = this.#viewer.world;
    if (this.#startedAt !== undefined) return;
    this.#startedAt = clock.now;
    trace?.span(this.#viewer.index, "start-up", this.#viewer.joinedAt, clock.now, {});
    if (meter.on && this.#viewer.counts) meter.startups.push(clock.now - this.#viewer.joinedAt);
    this.#lookOut();
  }

  /** As often as a media element says where it is; more often than the buffer runs out. */
  #lookOut(): void {
    if (!this.#viewer.alive) return;
    this.#report();
    this.#askForMore();
    this.#viewer.world.clock.after(this.#viewer.traits.isHidden ? HIDDEN_TIMER_MS : REPORT_MS, () => this.#lookOut());
  }

  #report(): void {
    const { player } = this;
    this.#viewer.feed({
      type: "playback",
      position: player.positionAt(this.#viewer.world.clock.now),
      bufferedEnd: player.bufferedEnd,
      rate: 1,
      bufferAheadMax: BUFFER_AHEAD_SECONDS,
    });
  }

  #planSeek(everySeconds: Seconds): void {
    const { clock, plan, stream } = this.#viewer.world;
    clock.after(everySeconds * 1000 * exponential(this.#viewer.rng.next()), () => {
      if (!this.#viewer.alive) return;
      const pending = this.player.pending;
      const target = Math.floor(this.#viewer.rng.next() * (stream.newestAt(clock.now) - 5)) * plan.segmentSeconds;
      this.player.seek(target);
      if (pending !== undefined)
        this.#viewer.feed({ type: "segment-unwanted", segment: stream.at(this.#viewer.traits.rendition, pending).id });
      this.isStarting = true;
      this.#report();
      this.#askForMore();
      this.#planSeek(everySeconds);
    });
  }
}

function startPosition({ world, rng }: Viewer): Seconds {
  const { plan, clock, stream } = world;
  const { media, segmentSeconds } = plan;
  if (media.type === "live")
    return Math.max(0, (stream.newestAt(clock.now) + 1) * segmentSeconds - media.behindSeconds);
  return Math.floor((rng.next() * media.spread * media.lengthSeconds) / segmentSeconds) * segmentSeconds;
}

/** Multivariant and media playlist. */
const FIRST_POLL_MS_MAX: Millis = 150;
/** Into the SourceBuffer. */
const APPEND_MS: Millis = 10;
/** hls.js's fragLoadPolicy: one second before it tries again. */
const RETRY_MS: Millis = 1000;
const REPORT_MS: Millis = 250;
/** Hidden tabs run their timers once a second. */
export const HIDDEN_TIMER_MS: Millis = 1000;
