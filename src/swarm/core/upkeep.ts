import type { Bytes, Millis } from "../../base/time.ts";
import type { PeerId } from "../../protocol/ids.ts";
import type { SwarmAction } from "./action.ts";
import { CACHE_CHECK_MS } from "./cache.ts";
import type { Interest } from "./interest.ts";
import type { OriginDesk } from "./origin-desk.ts";
import type { Outlook } from "./outlook.ts";
import type { Peer } from "./peer.ts";
import type { Playback } from "./playback.ts";
import type { RequestTable } from "./request-table.ts";
import type { Segment } from "./segment.ts";
import type { SegmentTable } from "./segment-table.ts";
import type { Whereabouts } from "./whereabouts.ts";

export interface UpkeepDesk {
  readonly interest: Interest;
  readonly table: SegmentTable;
  readonly desk: OriginDesk;
  readonly peers: ReadonlyMap<PeerId, Peer>;
  readonly requests: RequestTable;
  readonly playback: Playback;
  readonly outlook: Outlook;
  readonly whereabouts: Whereabouts;
}

/** What was found to be of no more use, besides what has been ended already. */
export interface Tidied {
  readonly actions: SwarmAction[];
  readonly idle: readonly Peer[];
  readonly useless: readonly Segment[];
}

/**
 * Ends what is no longer needed: fetches at once; once a second requests, idle links, and segments beyond the memory.
 */
export class Upkeep {
  readonly #at: UpkeepDesk;
  readonly #memoryBytesMax: Bytes;
  #cacheAt: Millis = 0;

  constructor(desk: UpkeepDesk, memoryBytesMax: Bytes) {
    this.#at = desk;
    this.#memoryBytesMax = memoryBytesMax;
  }

  tidy(now: Millis): Tidied {
    const { desk, interest, outlook, table, requests, whereabouts, playback, peers } = this.#at;
    const actions: SwarmAction[] = [];
    for (const fetch of desk.all()) {
      const { segment } = fetch;
      if (segment.wanted || outlook.needs(segment)) continue;
      // An elected fetch has been promised to others.
      if (fetch.reason === "elected" && segment.fetchable) continue;
      actions.push(desk.abort(fetch));
    }
    if (now < this.#cacheAt) return { actions, idle: NONE, useless: NONE };
    this.#cacheAt = now + CACHE_CHECK_MS;
    for (const segment of table.all())
      if (segment.requests.size > 0 && !outlook.needs(segment)) actions.push(...requests.cancel(segment, () => false));
    actions.push(...whereabouts.say(now, playback.movedAt, peers));
    const useless = interest.evictions(table, outlook.window, playback.positionAt(now), this.#memoryBytesMax, peers);
    return { actions, idle: whereabouts.idle(now, peers), useless };
  }
}

const NONE: readonly never[] = [];
