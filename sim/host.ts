import type { Host, TraceSink } from "./model/figures.ts";

/** This machine, as far as a run may know it. */
export const hostOf = (trace?: TraceSink): Host => ({
  now: () => performance.now(),
  rssMb: () => process.memoryUsage.rss() / 2 ** 20,
  trace,
});
