import type { Millis } from "../../base/time.ts";
import type { Rate } from "./rate-limit.ts";

/** The bounds of one tracker process. What a message may look like is bounded in `protocol/limits.ts`. */
export interface TrackerLimits {
  /** Sockets of the whole process. Each costs about 11 kB here and 5 in the kernel. */
  readonly connectionsMax: number;
  /** Sockets of one address key. Generous: an office or a campus may share one address. */
  readonly connectionsPerAddressMax: number;
  /** New sockets of one address key. */
  readonly upgradesPerAddress: Rate;
  readonly swarmsMax: number;
  readonly viewersPerSwarmMax: number;
  /** A socket that has not joined by then is closed. */
  readonly joinWithinMs: Millis;
  /** For how long a viewer whose socket dropped may take its id up again. */
  readonly resumeWithinMs: Millis;
  /** Viewers kept for that; above it the oldest are forgotten. */
  readonly heldMax: number;
  /** Messages and pings of one socket. The burst lets a newcomer trickle candidates to 16 peers at once. */
  readonly messages: Rate;
  /** Wrong messages that one socket is forgiven: with 4 and 0.4 a second, the fifth within ten seconds closes it. */
  readonly mistakes: Rate;
  /** Shortest time between two `need` of one socket. */
  readonly needEveryMs: Millis;
  /** Peers that one viewer is told of: few enough that a swarm's addresses are not to be had by asking. */
  readonly introductions: Rate;
  /** How often viewers report, while they are few. See `reportEveryMs` in tracker.ts. */
  readonly reportEveryMs: Millis;
  /** Drained viewers are told to come back within this span, or 1 ms per viewer if that is longer. */
  readonly drainSpreadMs: Millis;
  /** `Origin` values that may connect; undefined lets any. Compared in lower case. */
  readonly allowOrigins: readonly string[] | undefined;
}

export const TRACKER_LIMITS: TrackerLimits = {
  connectionsMax: 50_000,
  connectionsPerAddressMax: 256,
  upgradesPerAddress: { burst: 100, perSecond: 20 },
  swarmsMax: 50_000,
  viewersPerSwarmMax: 50_000,
  joinWithinMs: 10_000,
  resumeWithinMs: 120_000,
  heldMax: 20_000,
  messages: { burst: 300, perSecond: 50 },
  mistakes: { burst: 4, perSecond: 0.4 },
  needEveryMs: 5_000,
  introductions: { burst: 48, perSecond: 0.4 },
  reportEveryMs: 30_000,
  drainSpreadMs: 5_000,
  allowOrigins: undefined,
};
