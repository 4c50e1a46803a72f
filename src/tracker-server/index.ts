/** The tracker as a library: `import { startTracker } from "hls-swarm/tracker"`. For Node only. */
export { startTracker, type RunningTracker } from "./io/server.ts";
export { openRedisBus } from "./io/redis-bus.ts";
export { startWorkers, type RunningWorkers } from "./io/workers.ts";
export type { Bus } from "./io/bus.ts";
export type { TrackerOptions } from "./io/options.ts";
export { OptionError } from "../base/option-error.ts";
export type { TrackerLogger } from "./io/logger.ts";
export type { TrackerLimits } from "./core/options.ts";
export type { Revoked } from "./core/ticket.ts";
export type { Rate } from "./core/rate-limit.ts";
export { swarmIdOf } from "../protocol/ids.ts";
export type { SessionCounts } from "./core/session-counts.ts";
export type { StreamReport } from "./core/stream-report.ts";
export type { ClusterStats } from "./core/cluster.ts";
export type { TrackerNode } from "./core/tracker-node.ts";
export type { SwarmSummary, TrackerCounters, TrackerHealth, TrackerStats, RefusalReason } from "./core/stats.ts";
