import { Ewma } from "../../base/ewma.ts";
import type { Bytes, Millis } from "../../base/time.ts";
import { CHUNK_BYTES } from "../../protocol/limits.ts";
import type { SwarmAction } from "./action.ts";
import type { FetchId } from "./event.ts";
import type { Segment } from "./segment.ts";

/** Why the origin is asked: nobody else is there, this viewer was elected, or the swarm would be late. */
export type FetchReason = "alone" | "elected" | "due";

export interface OriginFetch {
  readonly id: FetchId;
  readonly segment: Segment;
  readonly reason: FetchReason;
  readonly startedAt: Millis;
  from: number;
  /** First chunk not fetched; undefined for "to the end". */
  to: number | undefined;
  openedAt: Millis | undefined;
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
  readonly #firstByteMs = new Ewma(FIRST_BYTE_MS_INITIAL, 0.2);
  readonly #bytesPerMs = new Ewma(BYTES_PER_MS_INITIAL, 0.3);
  rangesUsable = true;

  /** Time to the first byte to reckon with: mean and two deviations. */
  get firstByteMs(): Millis {
    return this.#firstByteMs.hasSamples
      ? this.#firstByteMs.mean + 2 * this.#firstByteMs.deviation
      : FIRST_BYTE_MS_INITIAL;
  }

  /** How long `chunks` more chunks would take, from asking to the last byte. */
  estimateMs(chunks: number): Millis {
    return 1.5 * this.firstByteMs + (1.3 * chunks * CHUNK_BYTES) / this.#bytesPerMs.mean;
  }

  get(id: FetchId): OriginFetch | undefined {
    return this.#fetches.get(id);
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
    this.#fetches.set(id, { id, segment, reason, startedAt: now, from, to, openedAt: undefined, receivedBytes: 0 });
    segment.fetch(from, to);
    return { type: "fetch-origin", fetch: id, segment: segment.id, from, to };
  }

  /** Marks again what the fetches will bring. */
  cover(): void {
    for (const { segment, from, to } of this.#fetches.values()) segment.fetch(from, to);
  }

  opened(now: Millis, fetch: OriginFetch, firstChunk: number): void {
    fetch.openedAt = now;
    this.#firstByteMs.add(now - fetch.startedAt);
    if (firstChunk === fetch.from) return;
    // The range was ignored and the whole segment comes.
    this.#release(fetch);
    fetch.from = firstChunk;
    fetch.to = undefined;
    fetch.segment.fetch(firstChunk, undefined);
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

  /** Other fetches of the same segment may overlap, where a range was ignored. */
  #release(fetch: OriginFetch): void {
    fetch.segment.unfetch(fetch.from, fetch.to);
    for (const other of this.#fetches.values())
      if (other !== fetch && other.segment === fetch.segment) other.segment.fetch(other.from, other.to);
  }
}

/** Until measured: a mediocre CDN. */
const FIRST_BYTE_MS_INITIAL = 250;
/** 8 Mbit/s. */
const BYTES_PER_MS_INITIAL = 1000;
/** Shorter answers say more about latency than about rate. */
const RATE_SAMPLE_BYTES = 2 * CHUNK_BYTES;
