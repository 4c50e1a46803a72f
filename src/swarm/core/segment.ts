import { hash32 } from "../../base/random.ts";
import type { Bytes, Millis, Seconds } from "../../base/time.ts";
import { assert } from "../../base/assert.ts";
import { createBitmap, setBit, type Bitmap } from "../../base/bitmap.ts";
import type { PeerId, SegmentId, SegmentName, TrackId } from "../../protocol/ids.ts";
import { CHUNK_BYTES, SEGMENT_CHUNKS_MAX } from "../../protocol/limits.ts";

/** What we have or are doing about one chunk. */
export const MISSING = 0;
/** Asked of a peer. */
export const REQUESTED = 1;
/** Coming from the origin. */
export const FETCHING = 2;
export const HELD = 3;

export type Source = "origin" | "peer";
const SOURCE_CODE: Record<Source, number> = { origin: 1, peer: 2 };

/** What a segment must know of its rendition. */
export interface SegmentTrack {
  readonly id: TrackId;
  /** Our short name for it towards every peer. */
  readonly slot: number;
  readonly following: boolean;
  readonly live: boolean;
  readonly targetDuration: Seconds;
  /** Chunks that a segment of this length probably has; 0 while nothing is known. */
  estimateChunks(duration: Seconds): number;
}

/** A chunk asked of a peer and not here yet. */
export interface ChunkRequest {
  readonly segment: Segment;
  readonly chunk: number;
  readonly peer: PeerId;
  readonly at: Millis;
  /** When it should be here, as reckoned when it was made. */
  readonly expectedAt: Millis;
}

/** One segment as this viewer knows it: where it is due and the state of each chunk. Holds no bytes. */
export class Segment {
  readonly id: SegmentId;
  readonly name: SegmentName;
  readonly track: SegmentTrack;
  /** Spreads elections; the same at every viewer. */
  readonly hash: number;
  start: Seconds;
  duration: Seconds;
  startedAtSeconds: number | undefined;
  readonly knownAt: Millis;
  /** In the newest playlist. False for one that so far only peers have announced, or that has left the window. */
  listed = false;
  /** hls.js waits for it. */
  wanted = false;
  delivered = false;
  /** One for each chunk in state REQUESTED. */
  readonly requests = new Map<number, ChunkRequest>();
  /** After a refusal by the origin: not asked again before this instant, unless hls.js does. */
  originRetryAt: Millis = 0;
  originFailures = 0;

  #byteLength: Bytes | undefined;
  /** True when the origin told the size, so that no peer may contradict it. */
  sizeProven = false;
  /** First chunk index known not to exist, from a 416 answer. */
  #endChunk = Infinity;
  states = new Uint8Array(0);
  #sources = new Uint8Array(0);
  /** When a fetching notice last covered the chunk. */
  noticedAt = new Float64Array(0);
  heldCount = 0;
  peerBytes: Bytes = 0;
  originBytes: Bytes = 0;

  constructor(
    id: SegmentId,
    name: SegmentName,
    track: SegmentTrack,
    start: Seconds,
    duration: Seconds,
    knownAt: Millis,
  ) {
    this.id = id;
    this.name = name;
    this.track = track;
    this.hash = hash32(id);
    this.start = start;
    this.duration = duration;
    this.knownAt = knownAt;
  }

  get byteLength(): Bytes | undefined {
    return this.#byteLength;
  }

  /** Chunks once the size is known. */
  get chunkCount(): number | undefined {
    return this.#byteLength === undefined ? undefined : Math.ceil(this.#byteLength / CHUNK_BYTES);
  }

  /** Chunks as far as anybody can tell: the known count, else what the track's recent segments suggest, else 0. */
  get expectedChunks(): number {
    const known = this.chunkCount;
    if (known !== undefined) return known;
    return Math.min(Math.max(this.track.estimateChunks(this.duration), this.states.length), this.#endChunk);
  }

  /** Not too large for the wire. */
  get sharable(): boolean {
    return Math.max(this.states.length, this.chunkCount ?? 0) <= SEGMENT_CHUNKS_MAX;
  }

  get complete(): boolean {
    return this.#byteLength !== undefined && this.heldCount === this.chunkCount;
  }

  stateOf(chunk: number): number {
    return this.states[chunk] ?? MISSING;
  }

  sourceOf(chunk: number): Source | undefined {
    const code = this.#sources[chunk];
    return code === SOURCE_CODE.origin ? "origin" : code === SOURCE_CODE.peer ? "peer" : undefined;
  }

  setState(chunk: number, state: typeof MISSING | typeof REQUESTED | typeof FETCHING): void {
    this.#grow(chunk + 1);
    assert(this.states[chunk] !== HELD, "a held chunk stays held");
    this.states[chunk] = state;
  }

  notice(chunk: number, now: Millis): void {
    this.#grow(chunk + 1);
    this.noticedAt[chunk] = now;
  }

  hold(chunk: number, source: Source, bytes: Bytes): void {
    this.#grow(chunk + 1);
    assert(this.states[chunk] !== HELD, "a chunk is held once");
    this.states[chunk] = HELD;
    this.#sources[chunk] = SOURCE_CODE[source];
    this.heldCount++;
    if (source === "peer") this.peerBytes += bytes;
    else this.originBytes += bytes;
    // A short chunk is the last one, and a full one before nothing is too.
    if (bytes < CHUNK_BYTES || chunk + 1 === this.#endChunk)
      this.learnSize(chunk * CHUNK_BYTES + bytes, source === "origin");
  }

  /** Takes the size in unless a better source has told another one. Returns whether it is believed. */
  learnSize(byteLength: Bytes, proven: boolean): boolean {
    if (this.#byteLength === byteLength) {
      this.sizeProven ||= proven;
      return true;
    }
    if (this.#byteLength !== undefined && (this.sizeProven || !proven)) return false;
    this.#byteLength = byteLength;
    this.sizeProven = proven;
    const count = Math.ceil(byteLength / CHUNK_BYTES);
    if (this.states.length > count) {
      this.states = this.states.slice(0, count);
      this.#sources = this.#sources.slice(0, count);
      this.noticedAt = this.noticedAt.slice(0, count);
      this.heldCount = this.states.reduce((held, state) => held + (state === HELD ? 1 : 0), 0);
    } else this.#grow(count);
    return true;
  }

  /** The origin says that nothing starts at `chunk`. */
  endsBefore(chunk: number): void {
    if (this.#byteLength !== undefined || chunk === 0) return;
    this.#endChunk = Math.min(this.#endChunk, chunk);
    if (this.stateOf(chunk - 1) === HELD) this.learnSize(chunk * CHUNK_BYTES, true);
  }

  /** Forgets every chunk: what peers brought cannot be what the origin has. */
  reset(): void {
    this.states.fill(MISSING);
    this.#sources.fill(0);
    this.heldCount = 0;
    this.peerBytes = 0;
    this.originBytes = 0;
  }

  heldBitmap(): Bitmap {
    const bits = createBitmap(this.states.length);
    for (let chunk = 0; chunk < this.states.length; chunk++) if (this.states[chunk] === HELD) setBit(bits, chunk);
    return bits;
  }

  #grow(count: number): void {
    if (this.states.length >= count) return;
    const grow = <T extends Uint8Array | Float64Array>(old: T, fresh: T): T => (fresh.set(old), fresh);
    this.states = grow(this.states, new Uint8Array(count));
    this.#sources = grow(this.#sources, new Uint8Array(count));
    this.noticedAt = grow(this.noticedAt, new Float64Array(count).fill(-Infinity));
  }
}
