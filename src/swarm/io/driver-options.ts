/** What a driver is made of. */
import type { Logger } from "../../base/logger.ts";
import type { Millis } from "../../base/time.ts";
import type { SegmentId, SwarmId, TrackId } from "../../protocol/ids.ts";
import type { SwarmCoreOptions } from "../core/options.ts";
import type { SharingLimits } from "../core/sharing-policy.ts";
import type { SwarmTuning } from "../core/tuning.ts";
import type { Origin } from "./origin.ts";
import type { OpenPeerLink } from "./peer-link.ts";
import type { Publisher } from "./publisher.ts";
import type { OpenTrackerLink } from "./tracker-link.ts";

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
  /** The operator has switched the swarm off: whoever made the driver closes it, and makes no other of this swarm. */
  readonly switchedOff?: () => void;
  /** A monotonic clock, ms. Default `performance.now`. */
  readonly now?: () => Millis;
  /** Replays a session's chances. Default: random. */
  readonly seed?: number;
}
