import type { Millis } from "../../base/time.ts";
import type { PeerId, TrackId } from "../../protocol/ids.ts";
import type { SwarmAction } from "./action.ts";
import type { Peer } from "./peer.ts";
import type { Segment } from "./segment.ts";
import type { UploadQueue } from "./upload-queue.ts";

export interface PushDesk {
  readonly peers: ReadonlyMap<PeerId, Peer>;
  readonly uploads: UploadQueue;
}

/** What is given unasked, which viewers give nothing of: a seeder brings its own. Pure. */
export interface Push {
  /** A media playlist was read. */
  listed(track: TrackId, text: string | undefined): readonly SwarmAction[];
  /** A peer wants what is new of a track, by its slot for it; undefined: no longer. */
  subscribed(peer: Peer, track: TrackId, slot: number | undefined): readonly SwarmAction[];
  /** A chunk may be given to others from now on. */
  add(segment: Segment, chunk: number): void;
  /** Puts what is fresh into the upload queue. Returns whether there was any. */
  flush(now: Millis, out: SwarmAction[]): boolean;
}

/** Chunks that are on their way to a subscriber. One that it asked for before it came is sent once. */
export interface SendLog {
  add(segment: Segment, chunk: number): void;
  has(segment: Segment, chunk: number): boolean;
}

export type CreatePush = (desk: PushDesk) => Push;
