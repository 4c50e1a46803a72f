/**
 * A tracker of the built package in a process of its own: `node built-tracker.mjs <bus> <workers>`, where bus is the URL
 * of a Redis or `none`, and no workers means one process. Says `listening <url>`, and `worker <pid>` for each.
 */
import cluster from "node:cluster";
import { openRedisBus, startTracker, startWorkers } from "../../dist/tracker.js";

const [, , busUrl = "none", workers = "0"] = process.argv;
const options = { port: 0, connectionsPerAddressMax: 10_000, upgradesPerAddress: { burst: 5_000, perSecond: 5_000 } };
cluster.on("online", ({ process: { pid } }) => console.log(`worker ${pid}`));

const start = async (own) => {
  const bus = busUrl === "none" ? own : await openRedisBus(busUrl);
  return startTracker(bus ? { ...options, bus } : options);
};

try {
  const running = workers === "0" ? await start() : await startWorkers(Number(workers), start);
  if (running) {
    process.on("SIGTERM", () => void running.drain().then(() => process.exit(0)));
    console.log(`listening ${running.url}`);
  }
} catch (error) {
  console.error(`${error.name}: ${error.message}`);
  process.exit(1);
}
