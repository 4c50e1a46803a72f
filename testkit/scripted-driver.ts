/** A swarm driver that does what the test says and remembers what it was told. */
import type { SegmentId, TrackId } from "../src/protocol/ids.ts";
import type { SwarmStats } from "../src/swarm/core/stats.ts";
import type { SwarmDriver } from "../src/swarm/io/driver.ts";
import type { SegmentWatcher, SwarmPort } from "../src/swarm/io/driver-api.ts";
import type { Origin } from "../src/swarm/io/origin.ts";

export type PlaylistUpdate = Parameters<SwarmPort["playlist"]>[0];
export type PlaybackState = Parameters<SwarmPort["playback"]>[0];

export class ScriptedDriver implements SwarmDriver {
  readonly origin: Origin;
  readonly playlists: PlaylistUpdate[] = [];
  readonly playbacks: PlaybackState[] = [];
  followed: readonly TrackId[] = [];
  readonly wanted = new Map<SegmentId, SegmentWatcher>();
  retired = false;
  readonly told: Parameters<SwarmPort["tell"]>[0][] = [];
  isClosed = false;
  /** Thrown by the next call of `want`. */
  bugOfWant: Error | undefined;
  /** Thrown by the next call of `playback`. */
  bugOfPlayback: Error | undefined;
  readonly #changeListeners = new Set<() => void>();
  readonly #retiredListeners = new Set<(bug: unknown) => void>();
  #stats: SwarmStats = { ...EMPTY };

  constructor(origin: Origin) {
    this.origin = origin;
  }

  playlist(update: PlaylistUpdate): void {
    this.playlists.push(update);
  }
  followTracks(tracks: readonly TrackId[]): void {
    this.followed = tracks;
  }
  playback(state: PlaybackState): void {
    const bug = this.bugOfPlayback;
    this.bugOfPlayback = undefined;
    if (bug) throw bug;
    this.playbacks.push(state);
  }
  tell(event: Parameters<SwarmPort["tell"]>[0]): void {
    this.told.push(event);
  }
  lists(segment: SegmentId): boolean {
    return this.playlists.some(({ segments }) => segments.some(({ id }) => id === segment));
  }
  accept(): boolean {
    return false;
  }
  want(segment: SegmentId, watcher: SegmentWatcher): () => void {
    if (this.bugOfWant) throw this.bugOfWant;
    this.wanted.set(segment, watcher);
    return () => {
      if (this.wanted.get(segment) === watcher) this.wanted.delete(segment);
    };
  }
  onRetired(listener: (bug: unknown) => void): void {
    this.#retiredListeners.add(listener);
  }
  onChange(listener: () => void): () => void {
    this.#changeListeners.add(listener);
    return () => this.#changeListeners.delete(listener);
  }
  stats(): SwarmStats {
    return this.#stats;
  }
  close(): void {
    this.isClosed = true;
    this.retired = true;
  }

  /** The one segment that is wanted now. */
  get only(): SegmentWatcher {
    const [watcher, ...others] = this.wanted.values();
    if (!watcher || others.length > 0) throw new Error(`${String(this.wanted.size)} segments are wanted, not one`);
    return watcher;
  }
  deliver(bytes: Uint8Array<ArrayBuffer>, peerBytes = bytes.byteLength): void {
    const watcher = this.only;
    this.wanted.clear();
    watcher.complete({ bytes, peerBytes, originBytes: bytes.byteLength - peerBytes });
  }
  change(stats: Partial<SwarmStats>): void {
    this.#stats = { ...this.#stats, ...stats };
    for (const listener of this.#changeListeners) listener();
  }
  retire(bug: Error): void {
    this.retired = true;
    this.wanted.clear();
    for (const listener of this.#retiredListeners) listener(bug);
  }
}

const EMPTY: SwarmStats = {
  ...{ peerBytes: 0, originBytes: 0, offload: 0, peerReceivedBytes: 0, originReceivedBytes: 0 },
  ...{ uploadedBytes: 0, wastedBytes: 0, tracker: "off", viewers: 1, peers: [], segments: [], retired: false },
  swarming: { mode: "serve", reason: "" },
  holdOut: false,
  integrity: "none",
  verifiedChunks: 0,
  forgedChunks: 0,
  forgedSignals: 0,
  refusedSegments: 0,
  failedAudits: 0,
};
