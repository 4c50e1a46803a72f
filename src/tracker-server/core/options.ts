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
  /** Sockets of one IPv4 /24 or IPv6 /48. A university or a small country's carrier may be one. */
  readonly connectionsPerPrefixMax: number;
  /** New sockets of one prefix. */
  readonly upgradesPerPrefix: Rate;
  /**
   * Sockets that have not joined yet, and TCP connections that have not become sockets. One more, and the oldest of
   * them is closed: a viewer needs a second for either, so that the oldest is the one to do without.
   */
  readonly handshakesMax: number;
  /**
   * Resident memory of the process. At nine tenths of it nobody new comes in, until it is below eight. The server's own
   * default is three quarters of what its container or machine has; `Infinity` switches it off.
   */
  readonly memoryBytesMax: number;
  readonly swarmsMax: number;
  readonly viewersPerSwarmMax: number;
  /** A socket that has not joined by then is closed. */
  readonly joinWithinMs: Millis;
  /** For how long a viewer whose socket dropped may take its id up again. */
  readonly resumeWithinMs: Millis;
  /** Viewers kept for that; above it the oldest are forgotten. */
  readonly heldMax: number;
  /**
   * Messages, pings and pongs of one socket; a message counts once for every 2 KiB begun. The burst lets a newcomer
   * trickle candidates to 16 peers at once.
   */
  readonly messages: Rate;
  /** The same of all sockets of one address together. */
  readonly messagesPerAddress: Rate;
  /** No new sockets for an address that had one closed for flooding. */
  readonly floodPenaltyMs: Millis;
  /** Wrong messages that one socket is forgiven: with 4 and 0.4 a second, the fifth within ten seconds closes it. */
  readonly mistakes: Rate;
  /** Shortest time between two `need` of one socket. */
  readonly needEveryMs: Millis;
  /** Peers that one viewer is told of: few enough that a swarm's addresses are not to be had by asking. */
  readonly introductions: Rate;
  /**
   * Peers of other networks that the viewers of one IPv4 /24 or IPv6 /48 are told of, whoever asks: for one viewer so many
   * at once, 8 more for each further one, and so many a second for each.
   */
  readonly introductionsPerPrefix: Rate;
  /** The same of the viewers of one ticket, who count as one. */
  readonly introductionsPerTicket: Rate;
  /** Bytes of segments whose hashes one viewer may report: more than its line carries is not its own finding. */
  readonly reportedBytes: Rate;
  /** Segments of one swarm that reports are kept of; one more, and the oldest is forgotten. */
  readonly reportedSegmentsMax: number;
  /** Chunks that reports are kept of, in all swarms: some 250 bytes each. */
  readonly reportedChunksMax: number;
  /** So many networks must accuse a viewer within ten minutes for it to be banned. */
  readonly accusersMin: number;
  /** A banned viewer's address gets no new socket for so long. */
  readonly banMs: Millis;
  /** How often viewers report, while they are few. See `reportEveryMs` in tracker.ts. */
  readonly reportEveryMs: Millis;
  /** Share of viewers, 0 to 0.5, that stays with the CDN so that the others can be compared with them. */
  readonly holdOutShare: number;
  /** Drained viewers are told to come back within this span, or 1 ms per viewer if that is longer. */
  readonly drainSpreadMs: Millis;
  /** `Origin` values that may connect, as `isListed` has them; undefined lets any. */
  readonly allowOrigins: readonly string[] | undefined;
}

export const TRACKER_LIMITS: TrackerLimits = {
  connectionsMax: 50_000,
  connectionsPerAddressMax: 256,
  upgradesPerAddress: { burst: 100, perSecond: 20 },
  connectionsPerPrefixMax: 8_192,
  upgradesPerPrefix: { burst: 2_000, perSecond: 400 },
  handshakesMax: 5_000,
  memoryBytesMax: Infinity,
  swarmsMax: 50_000,
  viewersPerSwarmMax: 50_000,
  joinWithinMs: 10_000,
  resumeWithinMs: 120_000,
  heldMax: 20_000,
  messages: { burst: 300, perSecond: 50 },
  messagesPerAddress: { burst: 10_000, perSecond: 1_000 },
  floodPenaltyMs: 30_000,
  mistakes: { burst: 4, perSecond: 0.4 },
  needEveryMs: 5_000,
  introductions: { burst: 48, perSecond: 0.4 },
  introductionsPerPrefix: { burst: 48, perSecond: 0.1 },
  introductionsPerTicket: { burst: 48, perSecond: 0.1 },
  reportedBytes: { burst: 128 * 1024 * 1024, perSecond: 16 * 1024 * 1024 },
  reportedSegmentsMax: 512,
  reportedChunksMax: 200_000,
  accusersMin: 3,
  banMs: 300_000,
  reportEveryMs: 30_000,
  holdOutShare: 0,
  drainSpreadMs: 5_000,
  allowOrigins: undefined,
};
