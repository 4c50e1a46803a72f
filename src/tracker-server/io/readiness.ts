/**
 * Whether a load balancer should send viewers here. Not whether the process lives: that is `/healthz`. Not whether its bus
 * does, either: all processes lose that together, each serves on without it (TK36), and with none ready nobody gets in.
 */
import type { Millis } from "../../base/time.ts";
import type { TrackerHealth } from "../core/stats.ts";

/** Why not, in words for machines. */
export type UnreadyReason = "draining" | "full" | "memory" | "event-loop-lag";

export interface ReadinessFacts {
  readonly health: TrackerHealth;
  readonly connectionsMax: number;
  readonly lagMsP99: Millis;
}

export function unreadyReasons({ health, connectionsMax, lagMsP99 }: ReadinessFacts): UnreadyReason[] {
  const reasons: UnreadyReason[] = [];
  if (health.draining) reasons.push("draining");
  if (health.connections >= connectionsMax) reasons.push("full");
  if (health.shortOfMemory) reasons.push("memory");
  if (lagMsP99 > LAG_MS_MAX) reasons.push("event-loop-lag");
  return reasons;
}

/** Joins are to take 50 ms; ten times that in one look of a hundred is a process with too much to do. */
const LAG_MS_MAX: Millis = 500;
