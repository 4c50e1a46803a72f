/**
 * Which segment is which: from hls.js's fragments to the names that the swarm uses, and back to what the origin needs.
 * Filled from playlists; decides nothing.
 */
import type { Fragment, FragmentLoaderContext, LevelDetails, Part } from "hls.js";
import { segmentIdOf, type SegmentId, type SegmentName, type TrackId } from "../protocol/ids.ts";
import { CHUNK_BYTES, SEGMENT_CHUNKS_MAX } from "../protocol/limits.ts";
import { PART_ROOT_TAG, parseRoot, ROOT_TAG, type SegmentRoot } from "../protocol/segment-root.ts";
import type { ListedSegment } from "../swarm/core/event.ts";
import type { ByteRange } from "../swarm/io/http-answer.ts";
import { foreseeAddress } from "../playlist/foreseen-address.ts";
import { segmentNameFor } from "../playlist/stream-names.ts";
import { partsOf, type PartListing } from "./part-list.ts";

/** What a site is told of a segment when it names segments itself. */
export interface SegmentKeyInfo {
  readonly kind: "main" | "audio";
  /** URL as the playlist gives it, absolute, with its query. */
  readonly url: string;
  readonly playlistUrl: string;
  /** Media sequence number. */
  readonly sequence: number;
  readonly byteRange?: ByteRange;
}

/** A key that is the same exactly where the bytes are; `undefined` for the default, `false` never to share it. */
export type SegmentKey = (segment: SegmentKeyInfo) => string | false | undefined;

export interface CataloguedSegment {
  readonly id: SegmentId;
  readonly track: TrackId;
  readonly name: SegmentName;
  readonly byteRange: ByteRange | undefined;
  /** hls.js's newest object for it, or one like it while no playlist lists it: set-up functions and CMCD read it. */
  fragment: Fragment;
  /** hls.js's newest object for what is a part of that fragment. */
  part?: Part | undefined;
  /** The playlist only hints at it so far. */
  hinted?: boolean | undefined;
  /** hls.js's own request for it, once there was one: a loader around ours may have put headers or a token into it. */
  context?: FragmentLoaderContext;
}

/** An entry of a playlist: a fragment, or a part of one. */
type Listing = Omit<PartListing, "part" | "hinted"> & Partial<PartListing>;

export class SegmentCatalogue {
  readonly #segmentKey: SegmentKey | undefined;
  readonly #byEntry = new WeakMap<Fragment | Part, CataloguedSegment>();
  readonly #byId = new Map<SegmentId, CataloguedSegment>();
  readonly #byTrack = new Map<TrackId, Map<number, CataloguedSegment>>();
  /** Segments that left their playlist or are not in it yet, oldest first: their bytes may be on the way. */
  readonly #left = new Set<CataloguedSegment>();

  constructor(segmentKey?: SegmentKey) {
    this.#segmentKey = segmentKey;
  }

  /** Takes the newest window of a track. Returns what of it may be shared, oldest first. */
  update(track: TrackId, { fragments }: LevelDetails): readonly ListedSegment[] {
    const listings = fragments.map((fragment): Listing => {
      const { sn, start, duration } = fragment;
      return { sequence: sn, fragment, start, duration };
    });
    return this.#update(track, listings);
  }

  /** The same for the parts of a rendition, in a track of their own. */
  updateParts(track: TrackId, details: LevelDetails): readonly ListedSegment[] {
    return this.#update(track, partsOf(details));
  }

  #update(track: TrackId, listings: readonly Listing[]): readonly ListedSegment[] {
    const before = this.#byTrack.get(track);
    const now = new Map<number, CataloguedSegment>();
    const listed: ListedSegment[] = [];
    for (const listing of listings) {
      const { sequence, fragment, part, start, duration, hinted } = listing;
      const segment = this.#recognise(listing, before?.get(sequence)) ?? this.#identify(track, listing);
      if (!segment) continue;
      now.set(sequence, segment);
      this.#byEntry.set(part ?? fragment, segment);
      this.#byId.set(segment.id, segment);
      this.#left.delete(segment);
      const { programDateTime } = fragment;
      const { id, name } = segment;
      const startedAt = programDateTime === null ? {} : { startedAtSeconds: Math.floor(programDateTime / 1000) };
      const root = rootOf(listing);
      listed.push({ id, name, start, duration, ...startedAt, ...(hinted && { hinted }), ...(root && { root }) });
    }
    this.#byTrack.set(track, now);
    for (const [sequence, segment] of before ?? []) if (now.get(sequence) !== segment) this.#left.add(segment);
    for (const segment of this.#left) {
      if (this.#left.size <= LEFT_SEGMENTS_MAX) break;
      this.#left.delete(segment);
      this.#byId.delete(segment.id);
    }
    return listed;
  }

  /** The segment behind a fragment or part of any playlist that was taken. */
  of(entry: Fragment | Part): CataloguedSegment | undefined {
    return this.#byEntry.get(entry);
  }

  get(id: SegmentId): CataloguedSegment | undefined {
    return this.#byId.get(id);
  }

  /**
   * Finds out where a segment is that only peers' playlists list so far. False when that cannot be told: the address
   * foreseen must have the segment's name.
   */
  locate(track: TrackId, name: SegmentName): boolean {
    const id = segmentIdOf(track, name);
    if (this.#byId.has(id)) return true;
    const [before, newest] = [...(this.#byTrack.get(track)?.values() ?? [])].slice(-2);
    if (!before?.fragment.relurl || !newest?.fragment.relurl || newest.byteRange || newest.part) return false;
    const ahead = name.sequence - newest.name.sequence;
    const relurl = foreseeAddress(before.fragment.relurl, newest.fragment.relurl, ahead);
    if (relurl === undefined) return false;
    const fragment = successorOf(newest.fragment, ahead, relurl);
    const { sequence } = name;
    if (this.#nameOf({ sequence, fragment })?.tag !== name.tag) return false;
    // A site may name segments by something else than their address: a name that any address has proves none.
    if (this.#nameOf({ sequence, fragment }, newest.fragment.relurl)?.tag === name.tag) return false;
    const segment = { id, track, name, byteRange: undefined, fragment };
    this.#byId.set(id, segment);
    this.#left.add(segment);
    return true;
  }

  /** Every reload makes new objects: most of them are the old segments. */
  #recognise(listing: Listing, known: CataloguedSegment | undefined): CataloguedSegment | undefined {
    if (!known) return undefined;
    const { relurl, baseurl, byteRange } = known.part ?? known.fragment;
    const entry = listing.part ?? listing.fragment;
    if (entry.relurl !== relurl || entry.baseurl !== baseurl) return undefined;
    if (entry.byteRange[0] !== byteRange[0] || entry.byteRange[1] !== byteRange[1]) return undefined;
    return renew(known, listing);
  }

  #identify(track: TrackId, listing: Listing): CataloguedSegment | undefined {
    const name = this.#nameOf(listing);
    if (!name) return undefined;
    const id = segmentIdOf(track, name);
    const { fragment, part, hinted } = listing;
    const known = this.#byId.get(id); // from another host, with another token, or foreseen
    if (!known) return { id, track, name, byteRange: byteRangeOf(part ?? fragment), fragment, part, hinted };
    delete known.context;
    return renew(known, listing);
  }

  /** Undefined for what is not shared. */
  #nameOf(
    { sequence, fragment, part }: Omit<Listing, "start" | "duration">,
    relurl = (part ?? fragment).relurl,
  ): SegmentName | undefined {
    const { sn, baseurl, type } = fragment;
    const entry = part ?? fragment;
    if (sn === "initSegment" || !relurl || entry.gap) return undefined;
    const byteRange = byteRangeOf(entry);
    if (byteRange && byteRange.end - byteRange.start > SEGMENT_BYTES_MAX) return undefined;
    // Not its `url`, which a page may have rewritten for itself.
    const place = { url: new URL(relurl, baseurl).href, playlistUrl: baseurl, ...(byteRange ? { byteRange } : {}) };
    const kind = type === "audio" ? "audio" : "main";
    const key = this.#segmentKey?.({ kind, sequence: sn, ...place });
    return key === false ? undefined : segmentNameFor(sequence, place, key);
  }
}

function renew(known: CataloguedSegment, { fragment, part, hinted }: Listing): CataloguedSegment {
  known.fragment = fragment;
  known.part = part;
  known.hinted = hinted;
  return known;
}

/** What the playlist says before the segment, or the part. hls.js keeps the tags that it does not know, by fragment. */
function rootOf({ fragment, part }: Listing): SegmentRoot | undefined {
  const name = part ? PART_ROOT_TAG : ROOT_TAG;
  const before = part ? `${String(part.index)},` : "";
  const found = fragment.tagList.find(([tag, value]) => tag === name && value?.startsWith(before))?.[1];
  if (found === undefined) return undefined;
  const entry = part ?? fragment;
  const address = { sequence: Number(fragment.sn), uri: entry.relurl ?? "", byteRange: byteRangeOf(entry) };
  return parseRoot(found.slice(before.length), address, fragment.baseurl);
}

function byteRangeOf({ byteRange: [start, end] }: Fragment | Part): ByteRange | undefined {
  return start === undefined || end === undefined ? undefined : { start, end };
}

/** What hls.js would make of a later segment of the same playlist, as far as requests show it. */
function successorOf(fragment: Fragment, ahead: number, relurl: string): Fragment {
  const { type, baseurl, level, cc, duration, levelkeys, initSegment } = fragment;
  const Made = fragment.constructor as typeof Fragment; // of the page's own copy of hls.js
  const sn = Number(fragment.sn) + ahead;
  const start = fragment.start + duration * ahead;
  return Object.assign(new Made(type, baseurl), { sn, relurl, level, cc, start, duration, levelkeys, initSegment });
}

/** Larger segments go straight to the origin. */
export const SEGMENT_BYTES_MAX = SEGMENT_CHUNKS_MAX * CHUNK_BYTES;

/** A few playlist windows' worth: longer than any request lives. */
const LEFT_SEGMENTS_MAX = 128;
