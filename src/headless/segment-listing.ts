/**
 * What a media playlist lists, in the numbers of the swarm: its segments, and its parts as a track of their own. Must agree
 * with what viewers read out of hls.js (src/loader/segment-catalogue.ts, part-list.ts). Names nothing.
 */
import type { Millis, Seconds } from "../base/time.ts";
import type { ByteRange, MediaPart, MediaPlaylist } from "../playlist/media-playlist.ts";
import { partsPerSegment } from "../playlist/stream-names.ts";
import type { SegmentRoot } from "../protocol/segment-root.ts";

export interface Listing {
  readonly sequence: number;
  readonly uri: string;
  readonly url: string;
  readonly byteRange: ByteRange | undefined;
  readonly start: Seconds;
  readonly duration: Seconds;
  readonly programDateTimeMs: Millis | undefined;
  readonly isGap: boolean;
  readonly root: SegmentRoot | undefined;
  readonly hinted: boolean;
}

/** `start` is that of the first segment. */
export function segmentsOf({ segments }: MediaPlaylist, start: Seconds): readonly Listing[] {
  let at = start;
  return segments.map((segment) => {
    const listing = { ...segment, start: at, hinted: false };
    at += segment.duration;
    return listing;
  });
}

/** Oldest first. Without those that a segment has beyond what its targets let expect: they would take others' numbers. */
export function partsOf(playlist: MediaPlaylist, start: Seconds): readonly Listing[] {
  const { segments, open, isEnded, partTarget, targetDuration, preloadHint } = playlist;
  if (isEnded || !partTarget) return [];
  const perSegment = partsPerSegment(targetDuration, partTarget);
  const listings: Listing[] = [];
  const list = ({ sequence, parts, programDateTimeMs }: typeof open, segmentStart: Seconds): Seconds => {
    let at = segmentStart;
    for (const part of parts) {
      if (part.index < perSegment) listings.push(listingOf(part, sequence * perSegment, at, programDateTimeMs));
      at += part.duration;
    }
    return at;
  };
  let at = start;
  let end = start;
  for (const segment of segments) {
    if (segment.parts.length > 0) end = list(segment, at);
    at += segment.duration;
  }
  if (open.parts.length > 0) end = list(open, at);
  // A hint of an open byte range would bring the parts after it, too.
  const index = open.parts.length;
  if (listings.length === 0 || preloadHint?.type !== "PART" || preloadHint.start !== undefined) return listings;
  if (index >= perSegment) return listings;
  const { uri, url, root } = preloadHint;
  listings.push({
    ...{ sequence: open.sequence * perSegment + index, uri, url, byteRange: undefined, root },
    ...{ start: end, duration: partTarget, programDateTimeMs: open.programDateTimeMs, isGap: false, hinted: true },
  });
  return listings;
}

function listingOf(part: MediaPart, before: number, start: Seconds, programDateTimeMs: Millis | undefined): Listing {
  return { ...part, sequence: before + part.index, start, programDateTimeMs, hinted: false };
}
