import { hash32 } from "../../base/random.ts";
import type { Bytes, Millis, Seconds } from "../../base/time.ts";
import { assert } from "../../base/assert.ts";
import { createBitmap, setBit, type Bitmap } from "../../base/bitmap.ts";
import type { SegmentId, SegmentName, TrackId } from "../../protocol/ids.ts";
import { CHUNK_BYTES, SEGMENT_CHUNKS_MAX } from "../../protocol/limits.ts";
import type { SegmentRoot } from "../../protocol/segment-root.ts";
import type { Draw } from "./election.ts";
import type { Availability, Peer } from "./peer.ts";

/** What we have or are doing about one chunk. */
export const MISSING = 0;
/** Asked of a peer. */
export const REQUESTED = 1;
/** Coming from the origin. */
export const FETCHING = 2;
export const HELD = 3;

export type Source = "origin" | "peer";
const SOURCE_CODE: Record<Source, number> = { origin: 1, peer: 2 };
/** From the origin, and found to be what the root says. */
const PROVEN = 3;

/**
 * What the bytes of peers are checked against (IN5, IN13): nothing, where nobody asked for more; the roots that the
 * playlist gives; what a tracker attests. `origin`: they cannot be, and only the viewer's own from the origin are taken.
 */
export type TrackProof = "none" | "roots" | "attested" | "origin";

/** What a segment must know of its rendition. */
export interface SegmentTrack {
  readonly id: TrackId;
  /** Our short name for it towards every peer. */
  readonly slot: number;
  readonly following: boolean;
  readonly followedAt: Millis;
  readonly live: boolean;
  readonly proof: TrackProof;
  readonly targetDuration: Seconds;
  /** Chunks that a segment of this length probably has; 0 while nothing is known. */
  estimateChunks(duration: Seconds): number;
}

/** A chunk asked of a peer and not here yet. */
export interface ChunkRequest {
  readonly segment: Segment;
  readonly chunk: number;
  readonly peer: Peer;
  readonly at: Millis;
  /** When it should be here, as things stand; in the past when the peer is later than its habit. */
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
  /** Since when it matters: in VOD, where all is listed from the start, since the player came near. */
  knownAt: Millis;
  /** In the newest playlist. False for one that so far only peers have announced, or that has left the window. */
  listed = false;
  /** Not listed yet, but the loader can tell its address. */
  located = false;
  /** Until when a playlist only hinted at it, and the origin held requests for it; Infinity while it does. */
  hintedUntil: Millis = -Infinity;
  /** hls.js waits for it. */
  wanted = false;
  delivered = false;
  /** What its chunks are checked against. */
  root: SegmentRoot | undefined;
  /** They cannot be, whatever the root. */
  unprovable = false;
  /** 1 for each chunk whose hash is known here. */
  #hashed = NO_HASHES;
  /** The origin served it in a way that says that it may be something else (IN28). */
  suspect = false;
  /** What the site's own verifier says of what is held; "refused" stays. */
  vetting: "none" | "asked" | "passed" | "refused" = "none";
  /** What peers say they have of it. Ask `agrees` whether they can mean this segment. */
  readonly holders: Availability[] = [];
  /** One for each chunk in state REQUESTED. */
  readonly requests = new Map<number, ChunkRequest>();
  /** After a refusal by the origin: not asked again before this instant, unless hls.js does. */
  originRetryAt: Millis = 0;
  originFailures = 0;
  /** When it was last given to anybody. */
  servedAt: Millis = -Infinity;
  /** The deadline rule does not look at it again before this instant. */
  dueLookAt: Millis = 0;
  /** The election's lots. */
  draw: Draw | undefined;
  /** The order in which its chunks are asked of peers while there is time, and the size of the blocks it was shuffled in. */
  order = NO_ORDER;
  orderBlock = 0;

  #byteLength: Bytes | undefined;
  #chunkCount: number | undefined;
  /** True when the origin told the size, so that no peer may contradict it. */
  sizeProven = false;
  /** First chunk index known not to exist, from a 416 answer. */
  #endChunk = Infinity;
  /** One more than the last chunk that we hold or have ever asked anybody for. */
  #extent = 0;
  states = new Uint8Array(0);
  /** From here on the origin is sending everything, also the chunks that nobody can tell yet. */
  #restFrom = Infinity;
  #sources = new Uint8Array(0);
  /** When a fetching notice last covered the chunk, and when one last went on to the end, wherever that is. */
  noticedAt = new Float64Array(0);
  /** How long a notice stands in for its chunks; until then another of the same is no news. */
  noticeMs: Millis = NOTICE_MS_INITIAL;
  #restNoticedAt: Millis = -Infinity;
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
    return this.#chunkCount;
  }

  /** Chunks as far as anybody can tell: the known count, else what the track's recent segments suggest, else 0. */
  get expectedChunks(): number {
    if (this.#chunkCount !== undefined) return this.#chunkCount;
    // While the rest is coming there may always be one more.
    const extent = this.#extent + (this.#restFrom < Infinity ? 1 : 0);
    return Math.min(Math.max(this.track.estimateChunks(this.duration), extent), this.#endChunk);
  }

  /** Not too large for the wire. */
  get sharable(): boolean {
    return Math.max(this.states.length, this.chunkCount ?? 0) <= SEGMENT_CHUNKS_MAX;
  }

  /** The origin can be asked for it: we, or hls.js, know its address. */
  get fetchable(): boolean {
    return this.listed || this.located || this.wanted;
  }

  /** Peers may bring it: where something is checked only what can be (IN5, IN13), and never what was refused (IN21). */
  get trustsPeers(): boolean {
    const { proof } = this.track;
    if (this.vetting === "refused") return false;
    if (proof === "none") return true;
    return proof !== "origin" && !this.unprovable && (proof === "attested" || this.root !== undefined);
  }

  /** Whether a chunk can be checked now, or need not be. */
  knowsHash(chunk: number): boolean {
    return this.track.proof === "none" || this.#hashed[chunk] === 1;
  }

  learnHashes(from: number, to: number): void {
    if (this.#hashed.length < to) {
      const before = this.#hashed;
      this.#hashed = new Uint8Array(to);
      this.#hashed.set(before);
    }
    this.#hashed.fill(1, from, to);
  }

  get complete(): boolean {
    return this.heldCount === this.#chunkCount;
  }

  stateOf(chunk: number): number {
    return this.states[chunk] ?? (this.#byteLength === undefined && chunk >= this.#restFrom ? FETCHING : MISSING);
  }

  sourceOf(chunk: number): Source | undefined {
    const code = this.#sources[chunk];
    if (!code) return undefined;
    return code === SOURCE_CODE.peer ? "peer" : "origin";
  }

  /**
   * Whether a chunk may be given to others: where anything is checked, and where the origin's answer was suspect, once it
   * was checked, as what peers bring always is (IN6).
   */
  offers(chunk: number): boolean {
    const isDoubtful = this.track.proof !== "none" || this.suspect;
    return this.states[chunk] === HELD && !(isDoubtful && this.#sources[chunk] === SOURCE_CODE.origin);
  }

  /** A chunk that the origin brought was checked. Returns whether that was news. */
  prove(chunk: number): boolean {
    if (this.#sources[chunk] !== SOURCE_CODE.origin) return false;
    this.#sources[chunk] = PROVEN;
    return true;
  }

  setState(chunk: number, state: typeof MISSING | typeof REQUESTED): void {
    this.#reach(chunk);
    assert(this.states[chunk] !== HELD, "a held chunk stays held");
    this.states[chunk] = state;
  }

  /** The origin is asked for what is missing of `[from, to)`; without `to`, to the end, however far that is. */
  fetch(from: number, to: number | undefined): void {
    this.#reach((to ?? from + 1) - 1);
    if (to === undefined) this.#restFrom = Math.min(this.#restFrom, from);
    this.#replace(from, to, MISSING, FETCHING);
  }

  /** It is not, or no longer. */
  unfetch(from: number, to: number | undefined): void {
    if (to === undefined) this.#restFrom = Infinity;
    this.#replace(from, to, FETCHING, MISSING);
  }

  /** Somebody fetches this chunk. Says nothing of the size: who fetches may guess it differently. */
  notice(chunk: number, now: Millis): void {
    this.#grow(chunk + 1);
    this.noticedAt[chunk] = now;
  }

  /** Somebody fetches up to the end: chunks that nobody can tell yet are meant, too. */
  noticeRest(from: number, now: Millis): void {
    this.#grow(Math.max(from + 1, this.expectedChunks));
    this.noticedAt.fill(now, from);
    this.#restNoticedAt = now;
  }

  /** Whoever said to fetch these chunks will not bring them. */
  unnotice(from: number, to: number | undefined): void {
    this.noticedAt.fill(-Infinity, from, to);
    if (to === undefined) this.#restNoticedAt = -Infinity;
  }

  /** Whether a chunk of this length can be this segment's, as far as can be told. */
  fits(chunk: number, bytes: Bytes): boolean {
    if (this.#byteLength !== undefined) return bytes === Math.min(CHUNK_BYTES, this.#byteLength - chunk * CHUNK_BYTES);
    // While the size is unknown every chunk held is a full one: a short one is the last, and ends the segment.
    return chunk < this.#endChunk && (bytes === CHUNK_BYTES || this.#canEndAt(chunk * CHUNK_BYTES + bytes));
  }

  /** Keeps a chunk. False when it cannot be this segment's: it is then not held, and goes on missing. */
  hold(chunk: number, source: Source, bytes: Bytes): boolean {
    // The origin's bytes prove any word on the size wrong; what peers brought under it is for others to throw away.
    if (source === "origin" && this.peerBytes === 0 && !this.fits(chunk, bytes)) this.#forgetSize();
    if (!this.fits(chunk, bytes)) return false;
    // A short chunk is the last one, and a full one before nothing is too.
    if (bytes < CHUNK_BYTES || chunk + 1 === this.#endChunk)
      this.learnSize(chunk * CHUNK_BYTES + bytes, source === "origin");
    this.#reach(chunk);
    assert(this.states[chunk] !== HELD, "a chunk is held once");
    this.states[chunk] = HELD;
    this.#sources[chunk] = SOURCE_CODE[source];
    this.heldCount++;
    if (source === "peer") this.peerBytes += bytes;
    else this.originBytes += bytes;
    return true;
  }

  /** Takes the size in: the origin's newest word, a peer's unless anything speaks against it. Returns whether that was news. */
  learnSize(byteLength: Bytes, proven: boolean): boolean {
    if (this.#byteLength === byteLength) {
      this.sizeProven ||= proven;
      return false;
    }
    if (!proven && (this.#byteLength !== undefined || !this.#canEndAt(byteLength))) return false;
    this.#byteLength = byteLength;
    this.sizeProven = proven;
    const count = Math.ceil(byteLength / CHUNK_BYTES);
    this.#chunkCount = count;
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
    if (chunk === 0 || chunk >= (this.chunkCount ?? Infinity)) return;
    if (this.#byteLength !== undefined && this.peerBytes > 0) return;
    this.#forgetSize();
    this.#endChunk = Math.min(this.#endChunk, chunk);
    if (this.stateOf(chunk - 1) === HELD) this.learnSize(chunk * CHUNK_BYTES, true);
  }

  /** Forgets every chunk, its hash, and the size unless the origin told it. What the origin is sending goes on. */
  reset(): void {
    this.states = this.states.map((state) => (state === FETCHING ? FETCHING : MISSING));
    this.#sources.fill(0);
    this.#hashed = NO_HASHES;
    this.heldCount = 0;
    this.peerBytes = 0;
    this.originBytes = 0;
    if (this.vetting !== "refused") this.vetting = "none";
    if (!this.sizeProven) this.#forgetSize();
  }

  /** What may be given to others; undefined for all of it. */
  offeredBitmap(): Bitmap | undefined {
    const count = this.chunkCount ?? this.#extent;
    const bits = createBitmap(count);
    let offered = 0;
    for (let chunk = 0; chunk < count; chunk++) {
      if (!this.offers(chunk)) continue;
      setBit(bits, chunk);
      offered++;
    }
    return offered === this.#chunkCount ? undefined : bits;
  }

  #canEndAt(byteLength: Bytes): boolean {
    const count = Math.ceil(byteLength / CHUNK_BYTES);
    if (count > this.#endChunk) return false;
    for (let chunk = Math.floor(byteLength / CHUNK_BYTES); chunk < this.states.length; chunk++)
      if (this.states[chunk] === HELD) return false;
    return true;
  }

  #forgetSize(): void {
    this.#byteLength = undefined;
    this.#chunkCount = undefined;
    this.sizeProven = false;
  }

  #replace(from: number, to: number | undefined, before: number, after: number): void {
    const end = Math.min(to ?? Infinity, this.states.length);
    for (let chunk = from; chunk < end; chunk++) if (this.states[chunk] === before) this.states[chunk] = after;
  }

  #reach(chunk: number): void {
    this.#grow(chunk + 1);
    this.#extent = Math.max(this.#extent, chunk + 1);
  }

  /** Never past the end: what is known of chunks that do not exist would only confuse. */
  #grow(wanted: number): void {
    if (this.states.length >= Math.min(wanted, this.#chunkCount ?? Infinity)) return;
    // At once for all that are expected.
    const count = this.#chunkCount ?? Math.max(wanted, this.track.estimateChunks(this.duration));
    const grow = <T extends Uint8Array | Float64Array>(old: T, fresh: T): T => (fresh.set(old), fresh);
    this.states = grow(this.states, new Uint8Array(count).fill(FETCHING, this.#restFrom));
    this.#sources = grow(this.#sources, new Uint8Array(count));
    this.noticedAt = grow(this.noticedAt, new Float64Array(count).fill(this.#restNoticedAt));
  }
}

const NO_ORDER = new Uint16Array(0);
const NO_HASHES = new Uint8Array(0);

/** Where this viewer elects nobody and so never reckons it. */
const NOTICE_MS_INITIAL = 4500;
