import type { ProcessLogger } from "../../settings/process-logger.ts";

/** Where the tracker says what an operator should know; `console` is one. Never told an address, an id or a signal. */
export type TrackerLogger = ProcessLogger;

export const SILENT: TrackerLogger = { info: () => undefined, warn: () => undefined, error: () => undefined };
