import type { Bytes, Millis, Seconds } from "../../base/time.ts";
import type { PeerId } from "../../protocol/ids.ts";
import { planEvictions } from "./cache.ts";
import type { Peer } from "./peer.ts";
import type { Playback } from "./playback.ts";
import type { Segment } from "./segment.ts";
import type { SegmentTable } from "./segment-table.ts";
import { windowAt, type DueSegment } from "./window.ts";

/** What the bytes are for: a viewer's own player, or, in a seeder, whoever may ask. Pure. */
export interface Interest {
  /** The window is looked at this often, where it moves without an event that says so. */
  readonly lookEveryMs?: Millis;
  /** The incomplete segments that matter now, soonest due first, in a total order. */
  window(now: Millis, table: SegmentTable, playback: Playback, peers: ReadonlyMap<PeerId, Peer>): readonly DueSegment[];
  /** Which segments to forget while there are more bytes than allowed; `position` is the player's. */
  evictions(
    table: SegmentTable,
    window: readonly DueSegment[],
    position: Seconds,
    bytesMax: Bytes,
    peers: ReadonlyMap<PeerId, Peer>,
  ): readonly Segment[];
}

export const PLAYER_INTEREST: Interest = { window: windowAt, evictions: planEvictions };
