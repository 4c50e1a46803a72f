import type { Bytes, Millis, Seconds } from "../../base/time.ts";
import { segmentIdOf, type PeerId, type SegmentId, type SegmentName, type TrackId } from "../../protocol/ids.ts";
import { CHUNK_BYTES, SEGMENT_CHUNKS_MAX } from "../../protocol/limits.ts";
import type { ListedSegment } from "./event.ts";
import type { Peer } from "./peer.ts";
import { Segment, type SegmentTrack, type TrackProof } from "./segment.ts";

/** One rendition: its playlist as last seen, and every segment of it that we know. */
export class Track implements SegmentTrack {
  readonly id: TrackId;
  /** Our short name for it towards every peer. */
  readonly slot: number;
  following = false;
  /** When that last changed. */
  followedAt: Millis = -Infinity;
  live = false;
  proof: TrackProof;
  targetDuration: Seconds = 0;
  /** In playlist order. */
  listed: readonly Segment[] = [];
  readonly bySequence = new Map<number, Segment>();
  /** Mean bytes per second of media over the last few segments; 0 while none is known. */
  bytesPerSecond = 0;
  readonly #recentRates: number[] = [];

  constructor(id: TrackId, slot: number, proof: TrackProof) {
    this.id = id;
    this.slot = slot;
    this.proof = proof;
  }

  /** Returns whether that is news. */
  follow(now: Millis, following: boolean): boolean {
    const isNews = following !== this.following;
    if (isNews) this.followedAt = now;
    this.following = following;
    return isNews;
  }

  /**
   * Roots are given from now on, and for good: a playlist that loses them must not make peers trusted. Returns the
   * segments that hold what was taken on trust before.
   */
  sign(): readonly Segment[] {
    const trusted = this.proof === "none" ? [...this.bySequence.values()].filter(({ peerBytes }) => peerBytes > 0) : [];
    this.proof = "roots";
    return trusted;
  }

  /** A segment's size became known: the next ones will be alike. */
  learnRate(byteLength: Bytes, duration: Seconds): void {
    if (duration <= 0) return;
    this.#recentRates.push(byteLength / duration);
    if (this.#recentRates.length > RATES_KEPT) this.#recentRates.shift();
    this.bytesPerSecond = this.#recentRates.reduce((total, rate) => total + rate, 0) / this.#recentRates.length;
  }

  estimateChunks(duration: Seconds): number {
    return Math.min(SEGMENT_CHUNKS_MAX, Math.ceil((this.bytesPerSecond * duration) / CHUNK_BYTES));
  }
}

/** Every track and segment this viewer knows. Facts only: nothing is decided here. */
export class SegmentTable {
  readonly #peers: ReadonlyMap<PeerId, Peer>;
  readonly tracks = new Map<TrackId, Track>();
  readonly #segments = new Map<SegmentId, Segment>();
  #slots = 0;
  /** Of tracks without roots. */
  #unsigned: TrackProof;
  #believesTrackers = true;

  /** What `peers` have said of a segment before we knew it is found at it from then on. */
  constructor(peers: ReadonlyMap<PeerId, Peer> = new Map<PeerId, Peer>(), unsigned: TrackProof = "none") {
    this.#peers = peers;
    this.#unsigned = unsigned;
  }

  /** Whether there is a tracker that attests: what tracks without roots are checked against, where anything is at all. */
  proveUnsigned(isAttesting: boolean): void {
    if (this.#unsigned === "none") return;
    this.#unsigned = isAttesting && this.#believesTrackers ? "attested" : "origin";
    for (const track of this.tracks.values()) if (track.proof !== "roots") track.proof = this.#unsigned;
  }

  /** What trackers attest counts no more, for good. Returns the segments that hold what was taken on it. */
  distrustTrackers(): readonly Segment[] {
    const attested = [...this.all()].filter(({ track, peerBytes }) => track.proof === "attested" && peerBytes > 0);
    this.#believesTrackers = false;
    this.proveUnsigned(false);
    return attested;
  }

  get(id: SegmentId): Segment | undefined {
    return this.#segments.get(id);
  }

  all(): IterableIterator<Segment> {
    return this.#segments.values();
  }

  track(id: TrackId): Track {
    let track = this.tracks.get(id);
    if (!track) this.tracks.set(id, (track = new Track(id, this.#slots++, this.#unsigned)));
    return track;
  }

  /**
   * Takes a playlist in; `foresees` tells whether its hints are believed. Returns the segments that are new, and those
   * that left the table because another took their place.
   */
  list(
    now: Millis,
    track: Track,
    listed: readonly ListedSegment[],
    foresees = true,
  ): { readonly replaced: readonly Segment[] } {
    const replaced: Segment[] = [];
    for (const segment of track.listed) {
      segment.listed = false;
      if (segment.hintedUntil > now) segment.located = false; // hinted at no longer, unless it is again
    }
    track.listed = listed.map((entry) => {
      const present = track.bySequence.get(entry.name.sequence);
      if (present && present.id !== entry.id) {
        // The sequence numbering began anew, or a peer announced what our playlist does not have.
        replaced.push(present);
        this.remove(present);
      }
      const segment =
        this.#segments.get(entry.id) ?? this.#add(now, track, entry.id, entry.name, entry.start, entry.duration);
      const hinted = entry.hinted === true;
      segment.listed = !hinted;
      if (hinted) segment.located = foresees;
      if (hinted || segment.hintedUntil > now) segment.hintedUntil = hinted ? Infinity : now;
      segment.start = entry.start;
      segment.duration = entry.duration;
      segment.startedAtSeconds = entry.startedAtSeconds;
      segment.root = entry.root;
      // What the origin itself says goes first: it may have other bytes than were signed.
      if (entry.root && !segment.sizeProven && segment.learnSize(entry.root.byteLength, true))
        track.learnRate(entry.root.byteLength, entry.duration);
      return segment;
    });
    return { replaced };
  }

  /**
   * A live segment that a peer has and our playlist does not list yet: peers' playlists may be one reload ahead.
   * Undefined unless it can be one of the next few.
   */
  foresee(now: Millis, track: Track, name: SegmentName): Segment | undefined {
    const newest = track.listed.at(-1);
    if (!newest || !track.live) return undefined;
    const ahead = name.sequence - newest.name.sequence;
    if (ahead < 1 || ahead > FORESEEN_MAX || track.bySequence.has(name.sequence)) return undefined;
    const duration = track.targetDuration || newest.duration;
    const start = newest.start + newest.duration + (ahead - 1) * duration;
    return this.#add(now, track, segmentIdOf(track.id, name), name, start, duration);
  }

  remove(segment: Segment): void {
    this.#segments.delete(segment.id);
    for (const { peer } of [...segment.holders]) peer.unbind(segment);
    const track = this.tracks.get(segment.track.id);
    if (track?.bySequence.get(segment.name.sequence) === segment) track.bySequence.delete(segment.name.sequence);
  }

  #add(now: Millis, track: Track, id: SegmentId, name: SegmentName, start: Seconds, duration: Seconds): Segment {
    const segment = new Segment(id, name, track, start, duration, now);
    this.#segments.set(id, segment);
    track.bySequence.set(name.sequence, segment);
    for (const peer of this.#peers.values()) peer.bind(segment);
    return segment;
  }
}

/** A mean over this many sizes follows a change of content and still smooths single segments. */
const RATES_KEPT = 5;

/** Live segments taken on a peer's word ahead of our playlist: one reload interval is at most two segments. */
const FORESEEN_MAX = 2;
