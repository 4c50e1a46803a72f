import type { SharingLimits } from "../src/swarm/core/sharing-policy.ts";
import type { SwarmTuning } from "../src/swarm/core/tuning.ts";
import type { Plan, Proof, UplinkMix } from "./model/plan.ts";

/** One question to the simulator, and the run that answers it. */
export interface Scenario {
  /** As on the command line. */
  readonly name: string;
  readonly question: string;
  /** The same run to hold against it: without those who mean harm, or without peers. */
  readonly comparedWith?: Comparison;
  /** The run: the scenario's own, but for what was asked for. Faults strike at fractions of the measured time. */
  plan(asked: Asked): Plan;
}

export type Comparison = "nobody-means-harm" | "cdn-only";

/** A run with the same viewers to compare that of `plan` with. */
export function comparablePlan(plan: Plan, comparison: Comparison): Plan {
  if (comparison === "nobody-means-harm") return { ...plan, mischief: undefined };
  // Those who never hear of each other have the CDN alone.
  const never = { type: "tracker-down", fromSecond: -plan.warmupSeconds, toSecond: Infinity } as const;
  return { ...plan, faults: [...plan.faults, never] };
}

/** What may be asked of any scenario. What is left out is as the scenario has it. */
export interface Asked {
  readonly seed?: number | undefined;
  readonly viewers?: number | undefined;
  readonly uplinks?: UplinkMix | undefined;
  readonly segmentSeconds?: number | undefined;
  /** Means nothing to video on demand. */
  readonly behindSeconds?: number | undefined;
  readonly bitsPerSecond?: number | undefined;
  /** Infinity: nobody leaves. */
  readonly sessionSeconds?: number | undefined;
  readonly measuredSeconds?: number | undefined;
  readonly lossShare?: number | undefined;
  /** Whether the tracker knows where viewers are. Means nothing where there are no regions. */
  readonly isRegionTold?: boolean | undefined;
  readonly proof?: Proof | undefined;
  readonly sharing?: Partial<SharingLimits> | undefined;
  readonly tuning?: Partial<SwarmTuning> | undefined;
}

/** The plan `usual`, changed as asked. */
export function planOf(usual: Plan, asked: Asked): Plan {
  const { media, network } = usual;
  const { regions } = network;
  return {
    ...usual,
    seed: asked.seed ?? usual.seed,
    viewers: asked.viewers ?? usual.viewers,
    uplinks: asked.uplinks ?? usual.uplinks,
    segmentSeconds: asked.segmentSeconds ?? usual.segmentSeconds,
    bitsPerSecond: asked.bitsPerSecond ?? usual.bitsPerSecond,
    sessionSeconds: asked.sessionSeconds ?? usual.sessionSeconds,
    measuredSeconds: asked.measuredSeconds ?? usual.measuredSeconds,
    media: media.type === "live" ? { ...media, behindSeconds: asked.behindSeconds ?? media.behindSeconds } : media,
    network: {
      ...network,
      lossShare: asked.lossShare ?? network.lossShare,
      regions: regions && { ...regions, isTold: asked.isRegionTold ?? regions.isTold },
    },
    proof: asked.proof ?? usual.proof,
    sharing: asked.sharing ?? usual.sharing,
    tuning: asked.tuning ?? usual.tuning,
  };
}
