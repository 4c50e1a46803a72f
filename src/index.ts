/** What `import "hls-swarm"` gives. */
export type { Logger } from "./base/logger.ts";
export type { PeerId, SegmentId, TrackId } from "./protocol/ids.ts";
export type { Consent, ConsentState, SwarmConsent } from "./loader/consent.ts";
export type { HlsClass } from "./loader/hls-doors.ts";
export { isSupported } from "./loader/player-swarm.ts";
export type { SegmentKey, SegmentKeyInfo } from "./loader/segment-catalogue.ts";
export type { MonthCount, SharingOptions } from "./loader/sharing-options.ts";
export { createSwarm, install } from "./loader/swarm.ts";
export type {
  DeliveredSegment,
  InstallOptions,
  Swarm,
  SwarmEvents,
  SwarmOptions,
  VerifiedSegment,
} from "./loader/swarm.ts";
export type { SharingMode, SharingReason } from "./swarm/core/sharing-policy.ts";
export type { PeerStats, SegmentStats, Swarming, SwarmStats } from "./swarm/core/stats.ts";
export type { Verification } from "./swarm/io/verifier.ts";
