import type { Rng } from "../../base/random.ts";
import type { Bytes } from "../../base/time.ts";
import type { SwarmId, ViewerId } from "../../protocol/ids.ts";
import type { UplinkClass } from "../../protocol/peer-message.ts";
import type { Interest } from "./interest.ts";
import type { CreateParents } from "./parents.ts";
import type { CreatePush } from "./push.ts";
import type { SharingLimits } from "./sharing-policy.ts";
import type { SwarmTuning } from "./tuning.ts";

/** What one viewer's engine is told at its start. */
export interface SwarmCoreOptions {
  readonly swarm: SwarmId;
  readonly viewer: ViewerId;
  /** URLs of its trackers, the best first; none for a swarm without. */
  readonly trackers: readonly string[];
  /** 0 when this viewer must not upload. */
  readonly uplink: UplinkClass;
  /** Plays nothing, and came to serve: needs no player's word, and gives without measure. */
  readonly seeder?: boolean;
  /** Which seeders to be linked with over WebSocket, and when. Default: none. */
  readonly parents?: CreateParents;
  /** What is given unasked. Default: nothing. */
  readonly push?: CreatePush;
  /** Default: the player's. */
  readonly interest?: Interest;
  /** What is taken of peers without roots in the playlist: what a tracker attests, or anything. Default `if-signed`. */
  readonly integrity?: "required" | "if-signed" | undefined;
  /** What the site allows; see DEFAULT_LIMITS. */
  readonly sharing?: Partial<SharingLimits>;
  /** Bytes kept for the player and for peers. */
  readonly memoryBytesMax: Bytes;
  /** The site wants to look at what peers brought before the player gets it. */
  readonly verifies?: boolean;
  readonly rng: Rng;
  readonly tuning?: Partial<SwarmTuning>;
}
