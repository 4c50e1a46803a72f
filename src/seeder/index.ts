/** The seeder as a library: `import { startSeeder } from "hls-swarm/seeder"`. For Node only. */
export { startSeeder, type RunningSeeder } from "./seeder.ts";
export type { SeederOptions } from "./options.ts";
export type { SeederStatus } from "./status.ts";
export type { IllnessReason } from "./health.ts";
export { OptionError } from "../base/option-error.ts";
export type { LogFields, ProcessLogger } from "../settings/process-logger.ts";
export type { TicketSource, TicketViewer } from "../swarm/io/viewer-identity.ts";
export type { PeerStats, SwarmStats, Swarming } from "../swarm/core/stats.ts";
