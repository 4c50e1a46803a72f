/** Whether a load balancer should send viewers here. Not whether the process lives: that is `/healthz`. */
import type { Millis } from "../../base/time.ts";
import type { TrackerHealth } from "../core/stats.ts";

/** Why not, in words for machines. */
export type UnreadyReason = "draining" | "full" | "memory" | "event-loop-lag" | "bus-away";

export interface ReadinessFacts {
  readonly health: TrackerHealth;
  readonly connectionsMax: number;
  readonly lagMsP99: Millis;
  /** False while a bus is configured and does not answer. */
  readonly isBusUp: boolean;
}

export function unreadyReasons({ health, connectionsMax, lagMsP99, isBusUp }: ReadinessFacts): UnreadyReason[] {
  const reasons: UnreadyReason[] = [];
  if (health.draining) reasons.push("draining");
  if (health.connections >= connectionsMax) reasons.push("full");
  if (health.shortOfMemory) reasons.push("memory");
  if (lagMsP99 > LAG_MS_MAX) reasons.push("event-loop-lag");
  if (!isBusUp) reasons.push("bus-away");
  return reasons;
}

/** Joins are to take 50 ms; ten times that in one look of a hundred is a process with too much to do. */
const LAG_MS_MAX: Millis = 500;
