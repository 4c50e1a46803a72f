/**
 * One tracker until its parent ends it: `node restart-process.mjs <port>`. Tells its port, and twice a second how it
 * fares: a process that is killed can be asked nothing.
 */
import { monitorEventLoopDelay } from "node:perf_hooks";
import { startTracker } from "../../dist/tracker.js";

process.on("disconnect", () => process.exit());
const lag = monitorEventLoopDelay({ resolution: 10 });
lag.enable();
const tracker = await startTracker({
  ...{ host: "127.0.0.1", port: Number(process.argv[2]), debug: false },
  secret: "known to the process before and to the one after",
});
setInterval(() => {
  const { counters, refusals, viewers } = tracker.stats();
  const { user, system } = process.cpuUsage();
  const lagMs = { p99: lag.percentile(99) / 1e6, max: lag.max / 1e6 };
  process.send({ viewers, counters, refusals, lagMs, cpuSeconds: (user + system) / 1e6 });
}, 500);
process.send({ port: tracker.port });
