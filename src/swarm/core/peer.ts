import { Ewma } from "../../base/ewma.ts";
import { hash32 } from "../../base/random.ts";
import { hasBit, type Bitmap } from "../../base/bitmap.ts";
import type { Bytes, Millis } from "../../base/time.ts";
import type { PeerId, SegmentName, TrackId, ViewerId } from "../../protocol/ids.ts";
import { CHUNK_BYTES, TRACK_SLOTS_MAX } from "../../protocol/limits.ts";
import type { HaveEntry, PeerPosition, UplinkClass } from "../../protocol/peer-message.ts";
import { LinkWindow } from "./link-window.ts";
import type { SendLog } from "./push.ts";
import type { ChunkRequest, Segment } from "./segment.ts";
import type { SwarmTuning } from "./tuning.ts";

/** What a peer says it has of one segment. Without a bitmap it has all of it. */
export interface Availability {
  readonly peer: Peer;
  readonly tag: number;
  readonly byteLength: number | undefined;
  readonly startedAtSeconds: number | undefined;
  readonly bitmap: Bitmap | undefined;
}

/** The same, as it changes, and the segment that it was found to be of. */
interface Said {
  readonly peer: Peer;
  readonly tag: number;
  byteLength: number | undefined;
  startedAtSeconds: number | undefined;
  bitmap: Bitmap | undefined;
  segment: Segment | undefined;
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
  /** Its slots of the tracks that it wants to be told of unasked. */
  readonly subscribed = new Map<TrackId, number>();
  /** Where what is sent need not be asked for: what is on its way. */
  sendLog: SendLog | undefined;
  readonly #available = new Map<TrackId, Map<number, Said>>();
  /** Segments in all of them. */
  #availableCount = 0;

  readonly requests: ChunkRequest[] = [];
  /** In the round of requests that is being planned: chunks it has room for, and how long the next one would take. */
  room = 0;
  nextInMs: Millis = 0;
  readonly #serviceMs = new Ewma(SERVICE_MS_INITIAL, SERVICE_WEIGHT);
  /** Chunks to ask of it ahead of their arrival; reckoned anew when its pace or its path was measured. */
  #pipeline: number | undefined;
  roundTripMs: Millis | undefined;
  lastInboundAt: Millis;
  lastChunkAt: Millis = -Infinity;
  lastServedAt: Millis = -Infinity;
  /** Where in recorded video it last said it is. */
  position: PeerPosition | undefined;
  suspendedUntil: Millis = 0;
  /** The last ping that was not answered. */
  ping: { readonly nonce: number; readonly at: Millis } | undefined;
  receivedBytes: Bytes = 0;
  acknowledgedBytes: Bytes = 0;
  #credit = MESSAGES_BURST;
  #creditAt: Millis;
  /** Chunk payload served to it, for fairness. */
  servedBytes: Bytes = 0;
  readonly #introduced = new WeakSet<Segment>();
  readonly #askedHashes = new WeakMap<Segment, number>();

  constructor(id: PeerId, now: Millis, tuning: SwarmTuning) {
    this.id = id;
    this.openedAt = now;
    this.lastInboundAt = now;
    this.#creditAt = now;
    this.window = new LinkWindow(tuning);
  }

  introduce(viewer: ViewerId, uplink: UplinkClass, seeder: boolean): void {
    this.identity = { viewer, hash: hash32(viewer), uplink, seeder };
  }

  /** It has said one thing more. False when that is more than anybody honest says (PE40). */
  heard(now: Millis): boolean {
    this.lastInboundAt = now;
    this.#credit = Math.min(MESSAGES_BURST, this.#credit + (now - this.#creditAt) * MESSAGES_PER_MS) - 1;
    this.#creditAt = now;
    return this.#credit >= 0;
  }

  /** Mean time from one chunk to the next while it works for us. */
  get serviceMs(): Millis {
    return this.#serviceMs.mean;
  }

  /** What it brings while it works for us; 0 until enough has come to tell. */
  get bitsPerSecond(): number {
    return this.receivedBytes < RATED_BYTES_MIN ? 0 : (CHUNK_BYTES * 8000) / this.serviceMs;
  }

  /** How long a chunk asked for now would take. */
  estimateMs(): Millis {
    return (this.requests.length + 1) * this.serviceMs + (this.roundTripMs ?? ROUND_TRIP_MS_INITIAL);
  }

  slotsFree(now: Millis, tuning: SwarmTuning): number {
    if (now < this.suspendedUntil) return 0;
    if (this.#pipeline === undefined) {
      const enough = Math.ceil(((this.roundTripMs ?? ROUND_TRIP_MS_INITIAL) + PIPELINE_SPARE_MS) / this.serviceMs) + 1;
      this.#pipeline = Math.max(tuning.pipelineMin, Math.min(tuning.pipelineMax, enough));
    }
    return this.#pipeline - this.requests.length;
  }

  /** Returns the segment that this was found to be of before. */
  setAvailable(
    track: TrackId,
    { segment: { sequence, tag }, byteLength, startedAtSeconds, bitmap }: HaveEntry,
  ): Segment | undefined {
    let bySequence = this.#available.get(track);
    if (!bySequence) this.#available.set(track, (bySequence = new Map<number, Said>()));
    let said = bySequence.get(sequence);
    if (said?.tag !== tag) {
      if (said) part(said);
      said = { peer: this, tag, byteLength, startedAtSeconds, bitmap, segment: undefined };
      if (!bySequence.has(sequence)) this.#availableCount++;
      bySequence.set(sequence, said);
    }
    said.byteLength = byteLength;
    said.startedAtSeconds = startedAtSeconds;
    said.bitmap = bitmap;
    // What was first told of goes first.
    if (bySequence.size > AVAILABLE_MAX || this.#availableCount > 2 * AVAILABLE_MAX) this.#forgetOldest(bySequence);
    return said.segment;
  }

  setGone(track: TrackId, name: SegmentName): void {
    const bySequence = this.#available.get(track);
    if (bySequence?.get(name.sequence)?.tag === name.tag) this.#forget(bySequence, name.sequence);
  }

  /** The segment is known to us: whatever the peer says of it is found there from now on. */
  bind(segment: Segment): void {
    if (segment.track.slot >= TRACK_SLOTS_MAX) return; // it could not be asked for
    const said = this.#available.get(segment.track.id)?.get(segment.name.sequence);
    if (said?.tag !== segment.name.tag || said.segment === segment) return;
    said.segment = segment;
    segment.holders.push(said);
  }

  /** We no longer know it. */
  unbind(segment: Segment): void {
    const said = this.#available.get(segment.track.id)?.get(segment.name.sequence);
    if (said?.segment === segment) part(said);
  }

  /** The link is gone, or nothing more is given over it: whatever it announced counts no longer. */
  holdsNothing(): void {
    for (const bySequence of this.#available.values()) for (const said of bySequence.values()) part(said);
    this.#available.clear();
  }

  #forgetOldest(bySequence: Map<number, Said>): void {
    for (const sequence of bySequence.keys()) {
      this.#forget(bySequence, sequence);
      return;
    }
  }

  #forget(bySequence: Map<number, Said>, sequence: number): void {
    const said = bySequence.get(sequence);
    if (said) part(said);
    if (bySequence.delete(sequence)) this.#availableCount--;
  }

  /** What it has of a segment, unless what it has must be another segment of the same name. */
  availability(segment: Segment): Availability | undefined {
    for (const found of segment.holders) if (found.peer === this) return agrees(found, segment) ? found : undefined;
    return undefined;
  }

  has(segment: Segment, chunk: number): boolean {
    const found = this.availability(segment);
    return found !== undefined && hasChunk(found, chunk);
  }

  /** Whether nothing of a segment was on its way to it before. */
  isNewTo(segment: Segment): boolean {
    const isNew = !this.#introduced.has(segment);
    this.#introduced.add(segment);
    return isNew;
  }

  /** Few bytes ask for many: whoever goes on asking gets no answer. */
  mayAskHashes(segment: Segment): boolean {
    const asked = (this.#askedHashes.get(segment) ?? 0) + 1;
    this.#askedHashes.set(segment, asked);
    return asked <= HASHES_ASKED_MAX;
  }

  /** A chunk it owed us came: `waitedMs` is since the one before, or since it was asked for. */
  served(waitedMs: Millis): void {
    this.#serviceMs.add(Math.max(1, waitedMs));
    this.#pipeline = undefined;
  }

  /** A round trip was measured; the least one is the path's. */
  measured(roundTripMs: Millis): void {
    this.roundTripMs = Math.min(this.roundTripMs ?? Infinity, roundTripMs);
    this.#pipeline = undefined;
  }
}

/** Whether what a peer has under this name can be the same segment, and may be taken from it. */
export function agrees(found: Availability, segment: Segment): boolean {
  if (!segment.trustsPeers) return false;
  if (found.byteLength !== undefined && segment.byteLength !== undefined && found.byteLength !== segment.byteLength)
    return false;
  if (found.startedAtSeconds === undefined || segment.startedAtSeconds === undefined) return true;
  // Program date times may be extrapolated, hence half a target duration; a whole second at least, as they are rounded.
  const tolerance = Math.max(1, (segment.track.targetDuration || segment.duration) / 2);
  return Math.abs(found.startedAtSeconds - segment.startedAtSeconds) <= tolerance;
}

/** No longer found at the segment. */
function part(said: Said): void {
  const { segment } = said;
  said.segment = undefined;
  if (segment) segment.holders.splice(segment.holders.indexOf(said), 1);
}

/** A segment held whole has the chunks of its size, which is always told, and none behind. */
export const hasChunk = ({ bitmap, byteLength = 0 }: Availability, chunk: number): boolean =>
  bitmap === undefined ? chunk * CHUNK_BYTES < byteLength : hasBit(bitmap, chunk);

/** A 5 Mbit/s uplink sends 32 KiB in 52 ms. */
const SERVICE_MS_INITIAL = 50;
const SERVICE_WEIGHT = 0.2;
/** Fewer chunks tell more of a burst than of a peer. */
const RATED_BYTES_MIN: Bytes = 8 * CHUNK_BYTES;
const ROUND_TRIP_MS_INITIAL = 100;
/** Announcements and acknowledgements are batched: keep this much more in the pipe than the round trip. */
const PIPELINE_SPARE_MS = 60;
/** Of one segment: attested hashes come stripe by stripe, of which there are eight, and not all at once. */
const HASHES_ASKED_MAX = 24;
/** Several times what was ever seen: 67 a second in a swarm of 500, and one for each chunk of the shortest parts. */
const MESSAGES_PER_MS = 0.5;
const MESSAGES_BURST = 1000;
/** Segments remembered of one peer and track, an hour of 4 s ones; in all its tracks together twice as many. */
const AVAILABLE_MAX = 900;
