import type { Seconds } from "../../base/time.ts";
import type { SegmentId, TrackId } from "../../protocol/ids.ts";
import type { ListedSegment, Played, SwarmEvent } from "../core/event.ts";

/** A segment handed to the player, and where its bytes came from. */
export interface SegmentDelivery {
  /** The whole segment in a buffer of its own: hls.js may transfer it to a worker. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly peerBytes: number;
  readonly originBytes: number;
}

/** Told what becomes of one wanted segment. Never called re-entrantly from `want`; at most one of `complete` and `failed`. */
export interface SegmentWatcher {
  /** The first byte of an origin request for this segment arrived. */
  originOpened?(): void;
  /** Bytes held so far, by source, and the size once known. */
  progress?(peerBytes: number, originBytes: number, byteLength: number | undefined): void;
  complete(delivery: SegmentDelivery): void;
  /** The origin refused it: its HTTP status, 0 for none. Peers never cause this. */
  failed(status: number): void;
}

/** What the loader sees of the swarm. After a bug of ours `retired` is true and every call is harmless: load as plain hls.js does. */
export interface SwarmPort {
  readonly retired: boolean;
  playlist(update: {
    readonly track: TrackId;
    readonly live: boolean;
    readonly targetDuration: Seconds;
    readonly segments: readonly ListedSegment[];
    /** Some segments of the rendition have roots: see the event of this name. */
    readonly signed?: boolean;
    /** The playlist itself, to be handed down a chain. */
    readonly text?: string;
  }): void;
  followTracks(tracks: readonly TrackId[]): void;
  playback(state: {
    readonly position?: Seconds | undefined;
    readonly bufferedEnd: Seconds;
    readonly rate: number;
    readonly bufferAheadMax: Seconds;
    readonly played?: Played;
  }): void;
  /** What else the player has to say. */
  tell(event: Extract<SwarmEvent, { type: "loaded-plainly" | "report-due" | "device" | "month-uploaded" }>): void;
  /** Asks for a segment that a playlist update has listed. Returns how to stop asking (idempotent, harmless after the end). */
  want(segment: SegmentId, watcher: SegmentWatcher): () => void;
  /** Whether the segment is one this port knows from a playlist: otherwise load it as plain hls.js does. */
  lists(segment: SegmentId): boolean;
  /** Called once, with the bug, when the port retires: whatever is still wanted must be loaded as plain hls.js does. */
  onRetired(listener: (bug: unknown) => void): void;
  close(): void;
}
