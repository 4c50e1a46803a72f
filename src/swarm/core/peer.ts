import { Ewma } from "../../base/ewma.ts";
import { hash32 } from "../../base/random.ts";
import { hasBit, type Bitmap } from "../../base/bitmap.ts";
import type { Bytes, Millis } from "../../base/time.ts";
import type { PeerId, SegmentName, TrackId, ViewerId } from "../../protocol/ids.ts";
import { CHUNK_BYTES, TRACK_SLOTS_MAX } from "../../protocol/limits.ts";
import type { HaveEntry, UplinkClass } from "../../protocol/peer-message.ts";
import { LinkWindow } from "./link-window.ts";
import type { ChunkRequest, Segment } from "./segment.ts";
import type { SwarmTuning } from "./tuning.ts";

/** What a peer says it has of one segment. Without a bitmap it has all of it. */
export interface Availability {
  readonly tag: number;
  readonly byteLength: number | undefined;
  readonly startedAtSeconds: number | undefined;
  readonly bitmap: Bitmap | undefined;
}

/** Who a peer says it is, from its `hello`. */
export interface PeerIdentity {
  readonly viewer: ViewerId;
  /** Spreads elections. */
  readonly hash: number;
  readonly uplink: UplinkClass;
  readonly seeder: boolean;
}

/** One open link: what the other side has and wants, how fast it answers, what it owes us and we owe it. */
export class Peer {
  readonly id: PeerId;
  readonly openedAt: Millis;
  readonly window: LinkWindow;
  identity: PeerIdentity | undefined;
  /** The peer's slots. */
  readonly tracks = new Map<number, TrackId>();
  readonly following = new Set<TrackId>();
  readonly #available = new Map<TrackId, Map<number, Availability>>();

  readonly requests: ChunkRequest[] = [];
  readonly #serviceMs = new Ewma(SERVICE_MS_INITIAL, SERVICE_WEIGHT);
  roundTripMs: Millis | undefined;
  lastInboundAt: Millis;
  lastChunkAt: Millis = -Infinity;
  suspendedUntil: Millis = 0;
  /** The last ping that was not answered. */
  ping: { readonly nonce: number; readonly at: Millis } | undefined;
  receivedBytes: Bytes = 0;
  /** Chunk payload served to it, for fairness. */
  servedBytes: Bytes = 0;

  constructor(id: PeerId, now: Millis, tuning: SwarmTuning) {
    this.id = id;
    this.openedAt = now;
    this.lastInboundAt = now;
    this.window = new LinkWindow(tuning);
  }

  introduce(viewer: ViewerId, uplink: UplinkClass, seeder: boolean): void {
    this.identity = { viewer, hash: hash32(viewer), uplink, seeder };
  }

  /** Mean time from one chunk to the next while it works for us. */
  get serviceMs(): Millis {
    return this.#serviceMs.mean;
  }

  /** How long a chunk asked for now would take. */
  estimateMs(): Millis {
    return (this.requests.length + 1) * this.serviceMs + (this.roundTripMs ?? ROUND_TRIP_MS_INITIAL);
  }

  slotsFree(now: Millis, tuning: SwarmTuning): number {
    if (now < this.suspendedUntil) return 0;
    const enough = Math.ceil(((this.roundTripMs ?? ROUND_TRIP_MS_INITIAL) + PIPELINE_SPARE_MS) / this.serviceMs) + 1;
    return Math.max(tuning.pipelineMin, Math.min(tuning.pipelineMax, enough)) - this.requests.length;
  }

  setAvailable(track: TrackId, entry: HaveEntry): void {
    let bySequence = this.#available.get(track);
    if (!bySequence) this.#available.set(track, (bySequence = new Map<number, Availability>()));
    bySequence.delete(entry.segment.sequence);
    bySequence.set(entry.segment.sequence, {
      tag: entry.segment.tag,
      byteLength: entry.byteLength,
      startedAtSeconds: entry.startedAtSeconds,
      bitmap: entry.bitmap,
    });
    if (bySequence.size > AVAILABLE_MAX) for (const oldest of bySequence.keys()) return void bySequence.delete(oldest);
  }

  setGone(track: TrackId, name: SegmentName): void {
    const bySequence = this.#available.get(track);
    if (bySequence?.get(name.sequence)?.tag === name.tag) bySequence.delete(name.sequence);
  }

  /** What it has of a segment, unless what it has must be another segment of the same name. */
  availability(segment: Segment): Availability | undefined {
    if (segment.track.slot >= TRACK_SLOTS_MAX) return undefined; // it could not be asked for
    const found = this.#available.get(segment.track.id)?.get(segment.name.sequence);
    if (found?.tag !== segment.name.tag) return undefined;
    if (found.byteLength !== undefined && segment.byteLength !== undefined && found.byteLength !== segment.byteLength)
      return undefined;
    if (found.startedAtSeconds !== undefined && segment.startedAtSeconds !== undefined) {
      // Program date times may be extrapolated, hence half a target duration; a whole second at least, as they are rounded.
      const tolerance = Math.max(1, (segment.track.targetDuration || segment.duration) / 2);
      if (Math.abs(found.startedAtSeconds - segment.startedAtSeconds) > tolerance) return undefined;
    }
    return found;
  }

  has(segment: Segment, chunk: number): boolean {
    const found = this.availability(segment);
    return found !== undefined && hasChunk(found, chunk);
  }

  /** Every segment of a track it has said anything about. */
  announced(track: TrackId): ReadonlyMap<number, Availability> | undefined {
    return this.#available.get(track);
  }

  /** A chunk it owed us came: `waitedMs` is since the one before, or since it was asked for. */
  served(waitedMs: Millis): void {
    this.#serviceMs.add(Math.max(1, waitedMs));
  }

  /** A round trip was measured; the least one is the path's. */
  measured(roundTripMs: Millis): void {
    this.roundTripMs = Math.min(this.roundTripMs ?? Infinity, roundTripMs);
  }
}

/** A segment held whole has the chunks of its size, which is always told, and none behind. */
export const hasChunk = ({ bitmap, byteLength = 0 }: Availability, chunk: number): boolean =>
  bitmap === undefined ? chunk * CHUNK_BYTES < byteLength : hasBit(bitmap, chunk);

/** A 5 Mbit/s uplink sends 32 KiB in 52 ms. */
const SERVICE_MS_INITIAL = 50;
const SERVICE_WEIGHT = 0.2;
const ROUND_TRIP_MS_INITIAL = 100;
/** Announcements and acknowledgements are batched: keep this much more in the pipe than the round trip. */
const PIPELINE_SPARE_MS = 60;
/** Segments remembered of one peer and track: an hour of 4 s ones. */
const AVAILABLE_MAX = 900;
