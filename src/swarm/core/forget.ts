/** What a viewer does to forget a segment, and the facts that it changes. Which one to forget is decided elsewhere. */
import type { SwarmAction } from "./action.ts";
import type { Announcer } from "./announcer.ts";
import type { Links } from "./links.ts";
import type { OriginDesk } from "./origin-desk.ts";
import type { RequestTable } from "./request-table.ts";
import type { Segment } from "./segment.ts";
import type { SegmentTable } from "./segment-table.ts";
import type { UploadQueue } from "./upload-queue.ts";

/** Whatever knows of a segment. */
export interface SegmentKeepers {
  readonly table: SegmentTable;
  readonly desk: OriginDesk;
  readonly requests: RequestTable;
  readonly links: Links;
  readonly uploads: UploadQueue;
  readonly announcer: Announcer;
}

/** Forgets a segment's bytes, and the segment itself unless the playlist still lists it. */
export function forget(keepers: SegmentKeepers, segment: Segment): SwarmAction[] {
  const out: SwarmAction[] = [];
  const held = segment.heldCount > 0;
  if (segment.wanted && !segment.listed) {
    // Another segment took its name: hls.js has to ask anew.
    segment.wanted = false;
    out.push({ type: "segment-failed", segment: segment.id, status: 0 });
  }
  for (const fetch of keepers.desk.all()) if (fetch.segment === segment) out.push(keepers.desk.abort(fetch));
  out.push(...keepers.requests.cancel(segment, () => false));
  keepers.uploads.dropSegment(segment);
  keepers.announcer.forget(segment);
  segment.reset();
  if (!segment.listed) keepers.table.remove(segment);
  if (held) out.push({ type: "evict", segment: segment.id }, ...keepers.links.tellGone(segment));
  return out;
}
