import type { TrackId } from "../../protocol/ids.ts";
import type { SwarmCoreOptions } from "../../swarm/core/options.ts";
import type { SharingLimits } from "../../swarm/core/sharing-policy.ts";
import type { SwarmTuning } from "../../swarm/core/tuning.ts";
import { SeederInterest } from "./seeder-interest.ts";

export interface SeederPolicyOptions {
  /** Links held at most. */
  readonly linksMax: number;
  /** Fetches the newest live segments also while nobody watches. Default: sleeps. */
  readonly warm?: boolean;
  /** Whether a track has the parts of a rendition (ID12). Default: none does. */
  readonly isOfParts?: (track: TrackId) => boolean;
  /** Of what is served. Default: whatever the line carries. */
  readonly uploadBitsPerSecondMax?: number;
}

/** What of a core's options a seeder's policy decides. */
export interface SeederPolicy extends Required<Pick<SwarmCoreOptions, "seeder" | "uplink" | "interest">> {
  readonly sharing: Partial<SharingLimits>;
  readonly tuning: Partial<SwarmTuning>;
}

/** What makes a seeder of a swarm's core (SE10): it gives without measure, to many, and fetches for all before all. */
export const seederPolicy = ({
  linksMax,
  warm = false,
  isOfParts,
  uploadBitsPerSecondMax = Infinity,
}: SeederPolicyOptions): SeederPolicy => ({
  seeder: true,
  uplink: 2,
  interest: new SeederInterest(warm, isOfParts),
  sharing: { linksMax, uploadBitsPerSecondMax, uploadRatioMax: Infinity, uplinkShare: 1, idleSecondsMax: Infinity },
  tuning: {
    peersWanted: linksMax,
    peersMax: linksMax,
    peersMaxRich: linksMax,
    electionAfterMs: 0,
    vodElectionMs: Infinity,
  },
});

/** Links for a line of that rate: each can then have this much of it, and most of them pass on what they get. */
export const linksMaxFor = (uplinkBitsPerSecond: number): number =>
  Math.max(LINKS_MIN, Math.min(LINKS_MAX, Math.floor(uplinkBitsPerSecond / BITS_PER_SECOND_PER_LINK)));

const BITS_PER_SECOND_PER_LINK = 1e6;
/** As many as a viewer holds. */
const LINKS_MIN = 18;
/** What one process of Node can keep alive beside serving. */
const LINKS_MAX = 1000;
