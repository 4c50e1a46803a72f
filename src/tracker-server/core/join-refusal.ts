import type { Millis } from "../../base/time.ts";
import type { TrackerLimits } from "./options.ts";
import type { Swarm } from "./swarm.ts";
import type { Refusal } from "./viewers.ts";

/**
 * The one place where a newcomer's join is judged: says why it may not come into `swarm`, `undefined` when it may. Whoever
 * resumes was judged when it came.
 */
export function joinRefusalOf(swarm: Swarm, swarmCount: number, limits: TrackerLimits): Refusal | undefined {
  if (swarm.isEmpty && swarmCount >= limits.swarmsMax) return FULL_TRACKER;
  if (swarm.viewers + swarm.heldOut >= limits.viewersPerSwarmMax) return FULL_SWARM;
  return undefined;
}

/** Long enough for some to leave, short enough to be worth the wait. */
const FULL_RETRY_MS: Millis = 30_000;

const FULL_TRACKER: Refusal = {
  reason: "full",
  error: { code: "full", message: "this tracker holds all the swarms it can", retryInMs: FULL_RETRY_MS },
};
const FULL_SWARM: Refusal = {
  reason: "full",
  error: { code: "full", message: "this swarm holds all the viewers it can", retryInMs: FULL_RETRY_MS },
};
