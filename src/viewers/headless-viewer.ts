/** A viewer without a screen: a real swarm engine with real links, and a virtual player that wants what hls.js would. */
import type { Millis, Seconds } from "../base/time.ts";
import type { SegmentId, TrackId } from "../protocol/ids.ts";
import type { SwarmStats } from "../swarm/core/stats.ts";
import type { SwarmDriver } from "../swarm/io/driver.ts";
import type { SwarmPort } from "../swarm/io/driver-api.ts";
import { BUFFER_AHEAD_SECONDS } from "./core/track-buffer.ts";
import { VirtualPlayer, type PlayerAction, type PlayerCounts, type PlayerEvent } from "./core/virtual-player.ts";

type Playlist = Parameters<SwarmPort["playlist"]>[0];

/** A segment that a viewer got, and where its bytes came from. */
export interface GotSegment {
  readonly track: TrackId;
  readonly sequence: number;
  readonly peerBytes: number;
  readonly originBytes: number;
}

export interface HeadlessViewerOptions {
  readonly name: string;
  /** What is played together, the main rendition first. */
  readonly tracks: readonly TrackId[];
  /** Where a VOD begins. */
  readonly startAt: Seconds;
  /** Joins the swarm, and tells of every playlist that the engine knows. */
  open(onPlaylist: (playlist: Playlist) => void): SwarmDriver;
  got(segment: GotSegment): void;
}

export class HeadlessViewer {
  readonly name: string;
  readonly #options: HeadlessViewerOptions;
  readonly #player: VirtualPlayer;
  readonly #driver: SwarmDriver;
  readonly #waiting = new Map<SegmentId, () => void>();
  /** The newest playlist of each rendition. */
  readonly #playlists = new Map<TrackId, Playlist>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;

  constructor(options: HeadlessViewerOptions) {
    this.name = options.name;
    this.#options = options;
    this.#player = new VirtualPlayer({ ...options, openedAt: performance.now() });
    // Playlists known already are told while it opens: a task later there is a driver to ask.
    this.#driver = options.open((playlist) => {
      setImmediate(() => {
        this.#listed(playlist);
      });
    });
  }

  swarm(): SwarmStats {
    return this.#driver.stats();
  }

  player(): PlayerCounts {
    return this.#player.counts(performance.now());
  }

  /** Leaves. Idempotent. */
  close(): void {
    clearTimeout(this.#timer);
    this.#isClosed = true;
    this.#driver.close();
  }

  #listed(playlist: Playlist): void {
    this.#playlists.set(playlist.track, playlist);
    const { track, live, targetDuration, segments } = playlist;
    this.#feed({ type: "playlist", track, live, targetDuration, segments });
  }

  #feed(event: PlayerEvent): void {
    if (this.#isClosed) return;
    for (const action of this.#player.handle(performance.now(), event)) this.#perform(action);
    clearTimeout(this.#timer);
    const wakeupAt = this.#player.nextWakeup();
    if (wakeupAt === Infinity) return;
    const inMs: Millis = Math.max(0, wakeupAt - performance.now());
    this.#timer = setTimeout(() => {
      this.#feed({ type: "wakeup" });
    }, inMs);
  }

  #perform(action: PlayerAction): void {
    switch (action.type) {
      case "want":
        this.#want(action.segment);
        return;
      case "unwant":
        this.#waiting.get(action.segment)?.();
        this.#waiting.delete(action.segment);
        return;
      case "playback": {
        const { position, bufferedEnd, rate } = action;
        const { stalls, stalledMs, playedMs, startUpMs = 0 } = this.player();
        const played = { stalls, ...rounded({ stalledMs, playedMs, startUpMs }) };
        this.#driver.playback({ position, bufferedEnd, rate, bufferAheadMax: BUFFER_AHEAD_SECONDS, played });
        return;
      }
    }
  }

  #want(segment: SegmentId): void {
    const place = this.#placeOf(segment);
    const stop = this.#driver.want(segment, {
      complete: ({ peerBytes, originBytes }) => {
        this.#waiting.delete(segment);
        if (place) this.#options.got({ ...place, peerBytes, originBytes });
        this.#feed({ type: "segment-arrived", segment });
      },
      failed: () => {
        this.#waiting.delete(segment);
        this.#feed({ type: "segment-failed", segment });
      },
    });
    this.#waiting.set(segment, stop);
  }

  #placeOf(segment: SegmentId): { readonly track: TrackId; readonly sequence: number } | undefined {
    for (const { track, segments } of this.#playlists.values()) {
      const sequence = segments.find(({ id }) => id === segment)?.name.sequence;
      if (sequence !== undefined) return { track, sequence };
    }
    return undefined;
  }
}

/** Trackers count whole milliseconds. */
const rounded = ({ stalledMs, playedMs, startUpMs }: Record<"stalledMs" | "playedMs" | "startUpMs", Millis>) => ({
  stalledMs: Math.round(stalledMs),
  playedMs: Math.round(playedMs),
  startUpMs: Math.round(startUpMs),
});
