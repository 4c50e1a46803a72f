/**
 * Which segment is which and where it is, for a program that reads playlists itself: what the loader's catalogue is for
 * hls.js's fragments. Filled from playlists; decides nothing.
 */
import type { MediaPlaylist } from "../playlist/media-playlist.ts";
import { foreseeAddress } from "../playlist/foreseen-address.ts";
import { partTrackOf, segmentNameFor, type SegmentPlace } from "../playlist/stream-names.ts";
import { segmentIdOf, type SegmentId, type SegmentName, type TrackId } from "../protocol/ids.ts";
import { CHUNK_BYTES, SEGMENT_CHUNKS_MAX } from "../protocol/limits.ts";
import type { ListedSegment } from "../swarm/core/event.ts";
import { PathTable } from "./path-table.ts";
import { partsOf, segmentsOf, type Listing } from "./segment-listing.ts";
import { Timeline } from "./timeline.ts";
import type { Upstream } from "./upstreams.ts";

/** Where something of a rendition is at the upstream whose playlist listed it. */
export interface StreamPlace extends SegmentPlace {
  /** Whose playlist lists it; that of the segments for parts, too. Undefined for what the multivariant playlist lists. */
  readonly rendition: TrackId | undefined;
  readonly upstream: Upstream;
}

export interface BookedSegment {
  readonly id: SegmentId;
  readonly name: SegmentName;
  /** As written. */
  readonly uri: string;
  readonly isPart: boolean;
  place: StreamPlace;
}

/** A media playlist, and who gave it. */
export interface GivenPlaylist {
  readonly rendition: TrackId;
  readonly playlist: MediaPlaylist;
  readonly upstream: Upstream;
}

export class SegmentBook {
  readonly #timeline = new Timeline();
  readonly #byId = new Map<SegmentId, BookedSegment>();
  readonly #paths = new PathTable<BookedSegment>();
  readonly #byTrack = new Map<TrackId, Map<number, BookedSegment>>();
  /** Segments that left their playlist or are not in it yet, oldest first: their bytes may be on the way. */
  readonly #left = new Set<BookedSegment>();

  /** Takes the newest playlist of a rendition. Returns what of it may be shared, oldest first: segments, and parts. */
  update(given: GivenPlaylist): {
    readonly segments: readonly ListedSegment[];
    readonly parts: readonly ListedSegment[];
  } {
    const { rendition, playlist } = given;
    const start = this.#timeline.place(rendition, playlist);
    const segments = this.#update(given, rendition, segmentsOf(playlist, start), false);
    const parts = this.#update(given, partTrackOf(rendition), partsOf(playlist, start), true);
    return { segments, parts };
  }

  get(id: SegmentId): BookedSegment | undefined {
    return this.#byId.get(id);
  }

  /** Those at a path, of any host. */
  at(pathname: string, search: string): readonly BookedSegment[] {
    return this.#paths.at(pathname, search);
  }

  /** Finds out where a segment is that only peers' playlists list so far: the address foreseen must have its name. */
  locate(track: TrackId, name: SegmentName): boolean {
    const id = segmentIdOf(track, name);
    if (this.#byId.has(id)) return true;
    const [before, newest] = [...(this.#byTrack.get(track)?.values() ?? [])].slice(-2);
    if (!before || !newest || newest.isPart || newest.place.byteRange) return false;
    const uri = foreseeAddress(before.uri, newest.uri, name.sequence - newest.name.sequence);
    // An address that stays the same names every segment alike, and proves none.
    if (uri === undefined || uri === newest.uri) return false;
    const url = new URL(uri, newest.place.playlistUrl).href;
    const place = { ...newest.place, url };
    if (segmentNameFor(name.sequence, place).tag !== name.tag) return false;
    const segment = { id, name, uri, isPart: false, place };
    this.#byId.set(id, segment);
    this.#left.add(segment);
    return true;
  }

  #update(given: GivenPlaylist, track: TrackId, listings: readonly Listing[], isPart: boolean): ListedSegment[] {
    const before = this.#byTrack.get(track);
    const now = new Map<number, BookedSegment>();
    const listed: ListedSegment[] = [];
    for (const listing of listings) {
      const { sequence, start, duration, programDateTimeMs, root, hinted, byteRange } = listing;
      if (listing.isGap || (byteRange && byteRange.end - byteRange.start > SEGMENT_BYTES_MAX)) continue;
      const segment = this.#identify(given, track, listing, isPart, before?.get(sequence));
      now.set(sequence, segment);
      this.#byId.set(segment.id, segment);
      this.#left.delete(segment);
      const startedAt =
        programDateTimeMs === undefined ? {} : { startedAtSeconds: Math.floor(programDateTimeMs / 1000) };
      const { id, name } = segment;
      listed.push({ id, name, start, duration, ...startedAt, ...(hinted && { hinted }), ...(root && { root }) });
    }
    this.#byTrack.set(track, now);
    for (const [sequence, segment] of before ?? []) if (now.get(sequence) !== segment) this.#left.add(segment);
    for (const segment of this.#left) {
      if (this.#left.size <= LEFT_SEGMENTS_MAX) break;
      this.#left.delete(segment);
      this.#byId.delete(segment.id);
      this.#paths.remove(segment);
    }
    return listed;
  }

  /** Most are those of the last playlist: names cost a little, and a long window has many. */
  #identify(
    { rendition, playlist, upstream }: GivenPlaylist,
    track: TrackId,
    { sequence, uri, url, byteRange }: Listing,
    isPart: boolean,
    before: BookedSegment | undefined,
  ): BookedSegment {
    const where = { rendition, upstream, url, playlistUrl: playlist.url };
    const place: StreamPlace = byteRange ? { ...where, byteRange } : where;
    if (before && isSamePlace(before.place, place)) return before;
    const name = segmentNameFor(sequence, place);
    const id = segmentIdOf(track, name);
    const known = this.#byId.get(id); // from another upstream, with another token, or foreseen
    const segment = known ?? { id, name, uri, isPart, place };
    segment.place = place;
    this.#paths.add(url, segment);
    return segment;
  }
}

const isSamePlace = (a: StreamPlace, b: StreamPlace): boolean =>
  a.upstream === b.upstream &&
  a.url === b.url &&
  a.playlistUrl === b.playlistUrl &&
  a.byteRange?.start === b.byteRange?.start &&
  a.byteRange?.end === b.byteRange?.end;

/** Larger segments are not shared. */
const SEGMENT_BYTES_MAX = SEGMENT_CHUNKS_MAX * CHUNK_BYTES;

/** A few playlist windows' worth: longer than any request lives. */
const LEFT_SEGMENTS_MAX = 512;
