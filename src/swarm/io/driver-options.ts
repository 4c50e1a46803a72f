/** What a driver is made of, and what of it its core is told. */
import type { Logger } from "../../base/logger.ts";
import { createRng } from "../../base/random.ts";
import type { Millis } from "../../base/time.ts";
import { hexOf, type SegmentId, type SwarmId, type TrackId, type ViewerId } from "../../protocol/ids.ts";
import type { SwarmCoreOptions } from "../core/options.ts";
import type { SharingLimits } from "../core/sharing-policy.ts";
import type { SwarmTuning } from "../core/tuning.ts";
import type { Origin } from "./origin.ts";
import type { OpenPeerLink } from "./peer-link.ts";
import type { Publisher } from "./publisher.ts";
import type { SegmentStore } from "./segment-store.ts";
import type { OpenTrackerLink } from "./tracker-link.ts";
import type { OpenParentLink } from "./websocket-peer-link.ts";

/** A segment that peers brought bytes of, in a buffer of its own. */
export interface SegmentToVerify {
  readonly segment: SegmentId;
  readonly track: TrackId;
  /** Media sequence number. */
  readonly sequence: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export interface SwarmDriverOptions {
  readonly swarm: SwarmId;
  /** URLs of its trackers, the best first: WebSockets, or lists of such on the web. */
  readonly trackers: readonly string[];
  readonly origin: Origin;
  readonly rtc: RTCConfiguration;
  readonly upload: boolean;
  readonly memoryBytesMax: number;
  readonly openPeerLink: OpenPeerLink;
  readonly openTrackerLink: OpenTrackerLink;
  /** Only a `Verification` that says so, or the promise of one, lets the player have the segment. */
  readonly verify?: ((segment: SegmentToVerify) => unknown) | undefined;
  /** Only roots that this publisher has signed count, and nothing else is believed of peers. */
  readonly publisher?: Publisher | undefined;
  readonly logger: Logger;
  readonly integrity?: SwarmCoreOptions["integrity"];
  readonly sharing?: Partial<SharingLimits>;
  readonly tuning?: Partial<SwarmTuning>;
  readonly seeder?: boolean;
  /** Seeders to be linked with over WebSocket. */
  readonly parents?: SwarmCoreOptions["parents"];
  readonly push?: SwarmCoreOptions["push"];
  /** Default: over the browser's own WebSocket. */
  readonly openParentLink?: OpenParentLink;
  /** A parent has told a newer playlist: it comes back through `playlist` if it is one. */
  readonly takePlaylist?: (track: TrackId, text: string) => void;
  readonly interest?: SwarmCoreOptions["interest"];
  /** Where the bytes are kept, for who reads them there. Default: in memory, out of sight. */
  readonly store?: SegmentStore;
  /** The operator has switched the swarm off: whoever made the driver closes it, and makes no other of this swarm. */
  readonly switchedOff?: () => void;
  /** A monotonic clock, ms. Default `performance.now`. */
  readonly now?: () => Millis;
  /** Replays a session's chances. Default: random. */
  readonly seed?: number;
}

/** The core's own, with the two chances of a session: its name among peers, and its seed. */
export const coreOptionsOf = (options: SwarmDriverOptions): SwarmCoreOptions => ({
  swarm: options.swarm,
  viewer: hexOf(crypto.getRandomValues(new Uint8Array(8))) as ViewerId,
  trackers: options.trackers,
  uplink: options.upload ? (options.seeder ? 2 : 1) : 0,
  memoryBytesMax: options.memoryBytesMax,
  verifies: options.verify !== undefined,
  rng: createRng(options.seed ?? crypto.getRandomValues(new Uint32Array(1))[0] ?? 0),
  integrity: options.integrity,
  sharing: options.sharing ?? {},
  ...(options.tuning && { tuning: options.tuning }),
  ...(options.seeder && { seeder: true }),
  ...(options.push && { push: options.push }),
  ...(options.parents && { parents: options.parents }),
  ...(options.interest && { interest: options.interest }),
});
