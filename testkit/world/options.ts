import type { UplinkClass } from "../../src/protocol/peer-message.ts";
import type { SwarmCoreOptions } from "../../src/swarm/core/options.ts";
import type { Device, SharingLimits } from "../../src/swarm/core/sharing-policy.ts";
import type { SwarmTuning } from "../../src/swarm/core/tuning.ts";

/** How a small world is: everything has a default, so that a story names only what it is about. */
export interface WorldOptions {
  readonly seed: number;
  readonly live?: boolean;
  readonly segmentSeconds?: number;
  readonly segmentBytes?: number;
  /** Segments listed by the playlist: the live window, or the whole VOD. */
  readonly windowSegments?: number;
  /** Segments between a joining viewer's playhead and the live edge. */
  readonly behindSegments?: number;
  /** One way, between any two viewers, and to the tracker. */
  readonly latencyMs?: number;
  readonly originLatencyMs?: number;
  readonly originBitsPerSecond?: number;
  /** Whether viewers can tell the address of a segment before their playlist lists it. */
  readonly locates?: boolean;
  /** Segments are parts: playlists are answered once the next one is made, hint at the one after it, and nobody foresees. */
  readonly parts?: "hinted" | "listed" | undefined;
  readonly tuning?: Partial<SwarmTuning>;
}

export interface ViewerOptions {
  readonly uplink?: UplinkClass;
  readonly uplinkBitsPerSecond?: number;
  /** VOD: where it starts, in segments. */
  readonly startAt?: number;
  /** False for a viewer that never plays by itself: the story tells it what it wants. */
  readonly plays?: boolean;
  readonly sharing?: Partial<SharingLimits>;
  /** What its browser says first. */
  readonly device?: Device;
  /** What makes it other than a viewer. Its parents' URLs are names in this world. */
  readonly core?: Partial<SwarmCoreOptions>;
}
