import type { Bytes, Millis, Seconds } from "../../base/time.ts";
import type { DueSegment } from "./window.ts";
import type { Segment } from "./segment.ts";
import type { SegmentTable } from "./segment-table.ts";

/** Which segments to forget: those past use, then the least useful ones while there are more bytes than allowed. Pure. */
export function planEvictions(
  table: SegmentTable,
  window: readonly DueSegment[],
  position: Seconds,
  bytesMax: Bytes,
): Segment[] {
  const evictions: Segment[] = [];
  const kept: Segment[] = [];
  const needed = new Set(window.map((due) => due.segment));
  let heldBytes: Bytes = 0;
  for (const segment of table.all()) {
    const behind = segment.start + segment.duration < position - KEPT_BEHIND_SECONDS;
    const useless = !segment.listed && (behind || (segment.heldCount === 0 && isPassed(table, segment)));
    if (useless && !segment.wanted && !needed.has(segment)) evictions.push(segment);
    else if (segment.heldCount > 0) {
      heldBytes += segment.peerBytes + segment.originBytes;
      if (!segment.wanted && !needed.has(segment)) kept.push(segment);
    }
  }
  if (heldBytes <= bytesMax) return evictions;
  const uselessness = (segment: Segment): number =>
    (segment.track.following ? 0 : FAR_SECONDS) +
    (segment.start < position ? position - segment.start : (segment.start - position) / 2);
  kept.sort((a, b) => uselessness(b) - uselessness(a));
  for (const segment of kept) {
    if (heldBytes <= bytesMax) break;
    heldBytes -= segment.peerBytes + segment.originBytes;
    evictions.push(segment);
  }
  return evictions;
}

/** Whether the playlist has moved on beyond a segment. Holding nothing, it is of no use even if the player never got there. */
export function isPassed(table: SegmentTable, { track, name }: Segment): boolean {
  const oldest = table.tracks.get(track.id)?.listed[0];
  return oldest !== undefined && name.sequence < oldest.name.sequence;
}

/** Between two looks at the cache. */
export const CACHE_CHECK_MS: Millis = 1000;

/** What fell out of the playlist is kept this long behind the playhead, for viewers a little later than this one. */
const KEPT_BEHIND_SECONDS = 20;

/** Tracks that are not followed go first. */
const FAR_SECONDS = 1e6;
