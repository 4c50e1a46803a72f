import type { Millis } from "../../base/time.ts";
import type { ProtocolErrorCode } from "../../protocol/protocol-error.ts";
import type { TrackerErrorCode } from "../../protocol/tracker-message.ts";
import type { AdmissionRefusal } from "./admission.ts";
import type { ClusterStats } from "./cluster.ts";
import type { ConnectionFault } from "./event.ts";
import { offloadOf, type SessionCounts } from "./session-counts.ts";
import { ceilingOf, savedBytesOf, sessionsOf } from "./stream-report.ts";
import type { Swarm } from "./swarm.ts";
import type { Headcount } from "./tracker-node.ts";

/** Everything a tracker ever says no to, by the one word it is counted under. */
export type RefusalReason =
  | Exclude<TrackerErrorCode, "bad-message">
  | ProtocolErrorCode
  | AdmissionRefusal
  | ConnectionFault
  | "draining"
  | "off"
  | "join-timeout"
  | "handshakes-full"
  | "counter-went-back"
  | "implausible-report"
  | "too-many-hashes";

/** What has happened since the process started. Never goes back. */
export interface TrackerCounters {
  joins: number;
  /** Joins that took an id up again over a dropped socket. */
  resumes: number;
  /** Joins with an id of which nothing was known any more, or not yet: of a former process, say. */
  restores: number;
  /** Joins with a token that was not ours, of another swarm, or too old: they got a new id. */
  staleResumes: number;
  /** Sent to another tracker. */
  redirects: number;
  leaves: number;
  /** Sockets that closed without a leave. */
  drops: number;
  /** Dropped viewers that did not resume in time. */
  expired: number;
  /** Pairs of viewers told of each other. */
  introductions: number;
  /** Signals passed on, and their bytes. */
  relays: number;
  relayedBytes: number;
  /** Signals whose addressee was gone or too slow. */
  undelivered: number;
  /** Signatures under hashes that two networks agree on, and the chunks they cover. */
  attestations: number;
  attestedChunks: number;
  /** Reported hashes of chunks that contradict another report. */
  disputedChunks: number;
  /** Viewers accused by somebody who was introduced to them, and those banned for it. */
  accusations: number;
  bans: number;
}

/** One swarm, as the operator sees it. */
export interface SwarmSummary {
  /** The first eight characters of the id: enough to tell swarms apart, not enough to join one. */
  readonly swarm: string;
  readonly viewers: number;
  readonly seeders: number;
  /** Viewers that stay with the CDN, to be compared with them. */
  readonly heldOut: number;
  /** Those of the viewers that can upload. */
  readonly givers: number;
  /** Renditions watched now. */
  readonly tracks: number;
  /** Dropped viewers that may resume. */
  readonly held: number;
  /** As the viewers report it, unverified; of all who ever reported, as is the rest. */
  readonly reported: SessionCounts;
  readonly offload: number;
  readonly ceiling: number;
  readonly savedBytes: number;
  readonly peak: number;
  readonly sessions: number;
}

/** What a load balancer asks for; costs nothing to answer. */
export interface TrackerHealth extends Headcount {
  readonly uptimeMs: Millis;
  readonly draining: boolean;
  /** Sockets, joined or not. */
  readonly connections: number;
  /** Nobody new comes in until memory is given back. */
  readonly shortOfMemory: boolean;
}

/** A snapshot of one tracker process. No addresses, no peer ids, no whole swarm ids. */
export interface TrackerStats extends TrackerHealth {
  /** Dropped viewers that may resume. */
  readonly held: number;
  /** Addresses with a socket, or with one not long ago. */
  readonly addresses: number;
  readonly swarmCount: number;
  /** How many swarms have at most as many viewers as each of {@link SWARM_SIZE_BOUNDS} says. */
  readonly swarmSizes: readonly number[];
  /** Regions by name, largest first; empty where no region is known. */
  readonly viewersByRegion: Readonly<Record<string, number>>;
  /** The largest hundred. */
  readonly swarms: readonly SwarmSummary[];
  /** Sums since the process started, swarms that have ended included. */
  readonly reported: SessionCounts;
  readonly offload: number;
  readonly counters: Readonly<TrackerCounters>;
  readonly refusals: Readonly<Partial<Record<RefusalReason, number>>>;
  readonly cluster: ClusterStats;
}

export const createCounters = (): TrackerCounters => ({
  joins: 0,
  resumes: 0,
  restores: 0,
  staleResumes: 0,
  redirects: 0,
  leaves: 0,
  drops: 0,
  expired: 0,
  introductions: 0,
  relays: 0,
  relayedBytes: 0,
  undelivered: 0,
  attestations: 0,
  attestedChunks: 0,
  disputedChunks: 0,
  accusations: 0,
  bans: 0,
});

/** The largest swarms, most viewers first; ids break ties, so that a page does not flicker. */
export function summarize(now: Millis, swarms: Iterable<Swarm>): readonly SwarmSummary[] {
  const bySize = [...swarms].sort((a, b) => b.viewers - a.viewers || (a.id < b.id ? -1 : 1));
  return bySize.slice(0, SWARMS_SHOWN_MAX).map((swarm) => {
    const sums = swarm.savings.sums(now);
    return {
      swarm: swarm.id.slice(0, SWARM_ID_CHARS_SHOWN),
      viewers: swarm.viewers,
      seeders: swarm.seeders.size,
      heldOut: swarm.heldOut,
      givers: viewersThatGive(swarm),
      tracks: swarm.tracks,
      held: swarm.held,
      reported: swarm.savings.counts,
      offload: offloadOf(swarm.savings.counts),
      ceiling: ceilingOf(sums),
      savedBytes: savedBytesOf(sums).net,
      peak: sums.peak,
      sessions: sessionsOf(sums),
    };
  });
}

function viewersThatGive({ everybody, seeders }: Swarm): number {
  let givers = everybody.givers.size;
  for (let index = 0; index < seeders.size; index++) if (seeders.at(index)?.uplink) givers--;
  return givers;
}

/** Swarms up to each bound. */
export function countBySize(swarms: Iterable<Swarm>): readonly number[] {
  const counts = SWARM_SIZE_BOUNDS.map(() => 0);
  for (const { viewers } of swarms) {
    for (const [index, bound] of SWARM_SIZE_BOUNDS.entries())
      if (viewers <= bound) counts[index] = (counts[index] ?? 0) + 1;
  }
  return counts;
}

/** One viewer has nobody to share with; from a hundred on a swarm is as good as it gets. */
export const SWARM_SIZE_BOUNDS: readonly number[] = [0, 1, 2, 5, 10, 20, 50, 100, 500, 1_000, 5_000, 10_000, 50_000];
/** More than a person reads, and a page of about 30 kB. */
const SWARMS_SHOWN_MAX = 100;
/** Half of the shortest id: whoever sees the page must not be able to join what it lists. */
const SWARM_ID_CHARS_SHOWN = 8;
