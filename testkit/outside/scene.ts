import {
  trackIdOf,
  type PeerId,
  type SegmentId,
  type SegmentName,
  type TrackId,
  type ViewerId,
} from "../../src/protocol/ids.ts";
import { CHUNK_BYTES } from "../../src/protocol/limits.ts";
import type { FetchId } from "../../src/swarm/core/event.ts";

/** A link as seen from the far end. */
export interface Remote {
  readonly id: PeerId;
  readonly viewer: ViewerId;
  phase: "dialing" | "open";
  saidHello: boolean;
  /** Slots that it has bound, and that we have bound towards it. */
  readonly bound: Set<number>;
  readonly told: Set<number>;
  /** What it has announced. */
  readonly announced: Map<SegmentId, ReadonlySet<number>>;
  /** What we have asked of it, and what we once asked: cancelled requests may still be answered. */
  readonly asked: Set<string>;
  readonly everAsked: Set<string>;
  /** What it has asked of us. */
  readonly asking: Set<string>;
  sentBytes: number;
  acknowledgedBytes: number;
}

/** A request at the origin. */
export interface Fetch {
  readonly segment: SegmentId;
  from: number;
  to: number | undefined;
  opened: boolean;
  next: number;
  receivedBytes: number;
}

/** What there is around one core, and what is going on. */
export class Scene {
  readonly store = new Map<SegmentId, Map<number, number>>();
  readonly fetches = new Map<FetchId, Fetch>();
  readonly remotes = new Map<PeerId, Remote>();
  /** The core's own slots. */
  readonly slots = new Map<number, TrackId>();
  readonly wanted = new Set<SegmentId>();
  tracker: "closed" | "opening" | "open" | "joining" | "joined" = "closed";
  newest = 20;
  /** Of each track: another one has other segments under the same numbers. */
  readonly #generations = new Map<TrackId, number>();

  /** Names the segments of a track anew. */
  renew(track: TrackId, generation: number): void {
    this.#generations.set(track, generation);
  }

  name(track: TrackId, sequence: number): SegmentName {
    return { sequence, tag: this.#generations.get(track) ?? 0 };
  }

  put(segment: SegmentId, chunk: number, byteLength: number): boolean {
    let chunks = this.store.get(segment);
    if (!chunks) this.store.set(segment, (chunks = new Map<number, number>()));
    if (chunks.has(chunk)) return false;
    chunks.set(chunk, byteLength);
    return true;
  }
}

export const newRemote = (id: PeerId): Remote => ({
  id,
  viewer: `${id.startsWith("a") ? "1" : "f"}${id.slice(1).replaceAll("_", "0").padStart(15, "0")}` as ViewerId,
  phase: "dialing",
  saidHello: false,
  bound: new Set(),
  told: new Set(),
  announced: new Map(),
  asked: new Set(),
  everAsked: new Set(),
  asking: new Set(),
  sentBytes: 0,
  acknowledgedBytes: 0,
});

export const VIDEO = trackIdOf("video");
export const TRACKS: readonly TrackId[] = [VIDEO, trackIdOf("audio")];

export const keyOf = (segment: SegmentId, chunk: number): string => `${segment}/${String(chunk)}`;

export function parseKey(key: string): { track: TrackId; name: SegmentName; chunk: number } {
  const [track = "", sequence, tag, chunk] = key.split("/");
  return {
    track: track as TrackId,
    name: { sequence: Number(sequence), tag: parseInt(tag ?? "", 16) },
    chunk: Number(chunk),
  };
}

/** Sizes differ from segment to segment, some at a chunk's border. */
export function bytesOf(segment: SegmentId): number {
  const sequence = Number(segment.split("/")[1]);
  return (((sequence * 7) % 12) + 1) * CHUNK_BYTES - (sequence % 3 ? 1000 : 0);
}
