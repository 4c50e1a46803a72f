/**
 * The parts that a low-latency playlist lists, and the one that it hints at (RFC 8216bis sections 4.4.4.9 and 4.4.5.3),
 * numbered as a track of their own beside that of the whole segments. Names nothing and holds no state.
 */
import type { Fragment, LevelDetails, Part } from "hls.js";
import type { Seconds } from "../base/time.ts";
import { partsPerSegment } from "../playlist/stream-names.ts";

export interface PartListing {
  /** Neighbouring parts have neighbouring numbers, over the borders of segments too. */
  readonly sequence: number;
  readonly fragment: Fragment;
  readonly part: Part;
  readonly start: Seconds;
  readonly duration: Seconds;
  readonly hinted: boolean;
}

/** Oldest first. Without those that a segment has beyond what its targets let expect: they would take others' numbers. */
export function partsOf(details: LevelDetails): readonly PartListing[] {
  const { partList, partTarget, targetduration } = details;
  if (!details.live || !partList?.length || !partTarget) return [];
  const perSegment = partsPerSegment(targetduration, partTarget);
  const listings = partList.map((part) => ({
    sequence: part.fragment.sn * perSegment + part.index,
    fragment: part.fragment,
    part,
    start: part.start,
    duration: part.duration,
    hinted: false,
  }));
  const hint = hintOf(details);
  if (hint) {
    const start = partList.at(-1)?.end ?? 0;
    const sequence = hint.fragment.sn * perSegment + hint.index;
    listings.push({ sequence, fragment: hint.fragment, part: hint, start, duration: partTarget, hinted: true });
  }
  return listings.filter(({ part }) => part.index < perSegment);
}

/** A hint of a whole resource. One of an open byte range would bring the parts after it, too. */
function hintOf({ partList, fragmentHint, preloadHint }: LevelDetails): Part | undefined {
  const last = partList?.at(-1);
  if (!last || !fragmentHint || preloadHint?.["TYPE"] !== "PART" || preloadHint["BYTERANGE-START"]) return undefined;
  const index = last.fragment === fragmentHint ? last.index + 1 : 0;
  const Made = last.constructor as typeof Part; // of the page's own copy of hls.js
  return new Made(preloadHint, fragmentHint, last.baseurl, index);
}
