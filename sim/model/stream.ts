import { hash32 } from "../../src/base/random.ts";
import type { Bytes, Millis } from "../../src/base/time.ts";
import { segmentIdOf, trackIdOf, type SegmentId, type SegmentName, type TrackId } from "../../src/protocol/ids.ts";
import type { ListedSegment } from "../../src/swarm/core/event.ts";
import type { Plan } from "./plan.ts";

/** One segment of one rendition. */
export interface StreamSegment {
  readonly id: SegmentId;
  readonly name: SegmentName;
  readonly rendition: number;
  readonly byteLength: Bytes;
  /** When the origin has it. */
  readonly availableAt: Millis;
  /** What the origin has sent of it while we measured. */
  originBytes: Bytes;
}

/** The stream that everybody watches: its segments, and what its playlists list when. */
export class Stream {
  readonly #plan: Plan;
  readonly tracks: readonly TrackId[];
  readonly live: boolean;
  readonly #bySequence: StreamSegment[][];
  readonly #byId = new Map<SegmentId, StreamSegment>();
  readonly #listings = new Map<number, readonly ListedSegment[]>();

  constructor(plan: Plan) {
    this.#plan = plan;
    this.live = plan.media.type === "live";
    this.tracks = plan.renditions.map((_, rendition) => trackIdOf(`rendition ${rendition}`));
    this.#bySequence = plan.renditions.map(() => []);
  }

  get(id: SegmentId): StreamSegment {
    const found = this.#byId.get(id);
    if (!found) throw new Error(`the stream has no segment ${id}`);
    return found;
  }

  has(id: SegmentId): boolean {
    return this.#byId.has(id);
  }

  all(): IterableIterator<StreamSegment> {
    return this.#byId.values();
  }

  at(rendition: number, sequence: number): StreamSegment {
    const segments = this.#bySequence[rendition] ?? [];
    return segments[sequence] ?? this.#make(rendition, sequence, segments);
  }

  /** Newest segment of the playlist at an instant. */
  newestAt(now: Millis): number {
    const { media, segmentSeconds } = this.#plan;
    if (media.type === "vod") return Math.ceil(media.lengthSeconds / segmentSeconds) - 1;
    return Math.floor((now + BEFORE_MS) / (segmentSeconds * 1000)) - 1;
  }

  /** The window that ends with `newest`; the same array for everybody. */
  listing(rendition: number, newest: number): readonly ListedSegment[] {
    const key = newest * this.tracks.length + rendition;
    let listing = this.#listings.get(key);
    if (!listing) {
      const { segmentSeconds, proof } = this.#plan;
      const oldest = this.live ? Math.max(0, newest - WINDOW_SEGMENTS + 1) : 0;
      listing = Array.from({ length: newest - oldest + 1 }, (_, i) => {
        const { id, name, byteLength } = this.at(rendition, oldest + i);
        const listed = { id, name, start: (oldest + i) * segmentSeconds, duration: segmentSeconds };
        return proof !== "roots" ? listed : { ...listed, root: { hash: id, byteLength, label: "" } };
      });
      this.#listings.set(key, listing);
    }
    return listing;
  }

  #make(rendition: number, sequence: number, segments: StreamSegment[]): StreamSegment {
    const track = this.tracks[rendition];
    const rate = this.#plan.renditions[rendition];
    if (track === undefined || rate === undefined) throw new Error(`the stream has no rendition ${rendition}`);
    const { segmentSeconds, bitsPerSecond } = this.#plan;
    const name: SegmentName = { sequence, tag: hash32(`${rendition}/${sequence}`) };
    const id = segmentIdOf(track, name);
    // Encoders miss the rate by a little, so that sizes can be estimated but not known.
    const deviation = 1 + (hash32(id) / 0x1_0000_0000 - 0.5) * 2 * SIZE_DEVIATION;
    const made: StreamSegment = {
      id,
      name,
      rendition,
      byteLength: Math.floor((bitsPerSecond / 8) * rate * segmentSeconds * deviation),
      availableAt: this.live ? (sequence + 1) * segmentSeconds * 1000 - BEFORE_MS : 0,
      originBytes: 0,
    };
    segments[sequence] = made;
    this.#byId.set(id, made);
    return made;
  }
}

/** The stream has been on for this long when the first viewer comes. */
const BEFORE_MS: Millis = 120_000;
/** Segments in the live playlist. */
const WINDOW_SEGMENTS = 20;
const SIZE_DEVIATION = 0.1;
