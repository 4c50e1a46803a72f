import { Ewma } from "../../base/ewma.ts";
import type { Bytes, Millis } from "../../base/time.ts";
import { CHUNK_BYTES } from "../../protocol/limits.ts";
import type { FetchReason, SwarmAction } from "./action.ts";
import type { FetchId } from "./event.ts";
import type { Segment } from "./segment.ts";

export interface OriginFetch {
  readonly id: FetchId;
  readonly segment: Segment;
  readonly reason: FetchReason;
  readonly startedAt: Millis;
  from: number;
  /** First chunk not fetched; undefined for "to the end". */
  to: number | undefined;
  openedAt: Millis | undefined;
  /** The first of the same requests made one after the other: whichever answers first is kept. */
  readonly first: FetchId;
  /** How many of them there were when this one was made, and whether another has been made since. */
  readonly attempt: number;
  repeated: boolean;
  /** Only peers' playlists listed the segment when it was asked for. */
  readonly foreseen: boolean;
  receivedBytes: Bytes;
}

/** A run of chunks to ask the origin for. */
export interface OriginRange {
  readonly segment: Segment;
  readonly from: number;
  readonly to: number | undefined;
  readonly reason: FetchReason;
}

/** What is being fetched from the origin, and how fast the origin has been. */
export class OriginDesk {
  readonly #fetches = new Map<FetchId, OriginFetch>();
  #nextId: FetchId = 1;
  /** The last few times to the first byte, beginning with a guess, and the same in ascending order. */
  readonly #firstBytes: Millis[] = [FIRST_BYTE_MS_INITIAL];
  #ascending: readonly Millis[] = this.#firstBytes;
  readonly #bytesPerMs = new Ewma(BYTES_PER_MS_INITIAL, 0.3);
  rangesUsable = true;
  /** Segments in a row that peers' playlists listed and the origin did not have. */
  foreseenFailures = 0;

  /** Whether what is not in our playlist yet may be asked for. */
  get foresees(): boolean {
    return this.foreseenFailures < FORESEEN_FAILURES_MAX;
  }

  /** The usual time to the first byte: the (lower) median, because a second request makes up for the rare late one. */
  get firstByteMs(): Millis {
    return this.#ascending[(this.#ascending.length - 1) >> 1] ?? FIRST_BYTE_MS_INITIAL;
  }

  /** The longest of late. */
  get lateFirstByteMs(): Millis {
    return this.#ascending.at(-1) ?? FIRST_BYTE_MS_INITIAL;
  }

  /** How long `chunks` more chunks would take, from asking to the last byte. */
  estimateMs(chunks: number): Millis {
    return 1.5 * this.firstByteMs + (1.3 * chunks * CHUNK_BYTES) / this.#bytesPerMs.mean;
  }

  get(id: FetchId): OriginFetch | undefined {
    return this.#fetches.get(id);
  }

  get isIdle(): boolean {
    return this.#fetches.size === 0;
  }

  all(): IterableIterator<OriginFetch> {
    return this.#fetches.values();
  }

  isFetching(segment: Segment): boolean {
    for (const fetch of this.#fetches.values()) if (fetch.segment === segment) return true;
    return false;
  }

  /** Starts a fetch and marks its chunks. */
  start(now: Millis, range: OriginRange): SwarmAction {
    const { segment, from, reason } = range;
    const id = this.#nextId++;
    const toEnd = range.to === undefined || (segment.byteLength !== undefined && range.to === segment.chunkCount);
    const to = toEnd ? undefined : range.to;
    const foreseen = !segment.listed && !segment.wanted;
    const fresh = { first: id, attempt: 1, repeated: false, openedAt: undefined, receivedBytes: 0 };
    this.#fetches.set(id, { id, segment, reason, startedAt: now, from, to, foreseen, ...fresh });
    segment.fetch(from, to);
    return { type: "fetch-origin", fetch: id, segment: segment.id, from, to, reason };
  }

  /** Makes the same request once more. */
  hedge(now: Millis, fetch: OriginFetch): SwarmAction {
    const id = this.#nextId++;
    const { segment, from, to, reason, attempt } = fetch;
    this.#fetches.set(id, { ...fetch, id, startedAt: now, attempt: attempt + 1 });
    fetch.repeated = true;
    return { type: "fetch-origin", fetch: id, segment: segment.id, from, to, reason };
  }

  /** The others of a request made more than once that are still under way. */
  twinsOf(fetch: OriginFetch): OriginFetch[] {
    const twins: OriginFetch[] = [];
    for (const other of this.#fetches.values()) if (other !== fetch && other.first === fetch.first) twins.push(other);
    return twins;
  }

  /** Marks again what the fetches will bring. */
  cover(): void {
    for (const { segment, from, to } of this.#fetches.values()) segment.fetch(from, to);
  }

  /** The first byte is here. Returns what is now needless: nothing is to come twice. */
  opened(now: Millis, fetch: OriginFetch, firstChunk: number): SwarmAction[] {
    fetch.openedAt = now;
    const needless = this.twinsOf(fetch);
    for (const { segment, startedAt } of [fetch, ...needless])
      // A request held back until there was something to send says nothing of how fast the origin is.
      if (startedAt >= segment.hintedUntil) this.#measured(now - startedAt);
    if (firstChunk !== fetch.from) {
      // The range was ignored and the whole segment comes; so it would for every other range of it.
      this.#release(fetch);
      fetch.from = firstChunk;
      fetch.to = undefined;
      fetch.segment.fetch(firstChunk, undefined);
      for (const other of this.#fetches.values())
        if (other.first !== fetch.first && other.segment === fetch.segment) needless.push(other);
    }
    return needless.map((other) => this.abort(other));
  }

  /** Ends a fetch; chunks that it did not bring are missing again. */
  closed(now: Millis, fetch: OriginFetch): void {
    this.#fetches.delete(fetch.id);
    this.#release(fetch);
    const tookMs = now - (fetch.openedAt ?? now);
    if (fetch.receivedBytes >= RATE_SAMPLE_BYTES) this.#bytesPerMs.add(fetch.receivedBytes / Math.max(1, tookMs));
  }

  abort(fetch: OriginFetch): SwarmAction {
    this.#fetches.delete(fetch.id);
    this.#release(fetch);
    return { type: "abort-origin", fetch: fetch.id };
  }

  #measured(firstByteMs: Millis): void {
    this.#firstBytes.push(firstByteMs);
    if (this.#firstBytes.length > FIRST_BYTES_KEPT) this.#firstBytes.shift();
    this.#ascending = [...this.#firstBytes].sort((a, b) => a - b);
  }

  /** Other fetches of the same segment may overlap, where a range was ignored. */
  #release(fetch: OriginFetch): void {
    fetch.segment.unfetch(fetch.from, fetch.to);
    for (const other of this.#fetches.values())
      if (other !== fetch && other.segment === fetch.segment) other.segment.fetch(other.from, other.to);
  }
}

/** Addresses that were told and did not exist, in a row: from then on only playlists are believed. */
const FORESEEN_FAILURES_MAX = 3;
/** Until measured: a mediocre CDN. */
const FIRST_BYTE_MS_INITIAL = 250;
/** The longest of so many stands for the late ones: what happens to 3 % of requests is then nearly always in sight. */
const FIRST_BYTES_KEPT = 64;
/** 8 Mbit/s. */
const BYTES_PER_MS_INITIAL = 1000;
/** Shorter answers say more about latency than about rate. */
const RATE_SAMPLE_BYTES = 2 * CHUNK_BYTES;
