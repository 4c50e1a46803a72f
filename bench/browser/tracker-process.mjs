/**
 * Runs one tracker until it is killed, and prints its address: `node tracker-process.mjs bittorrent|hls-swarm`. A process
 * of its own, so that killing it is what a crash is: nothing is said to anybody.
 */

/** As in the sample configuration of wt-tracker, the tracker that the rival recommends. */
const ANNOUNCE_EVERY_MS = 120_000;

const trackers = {
  bittorrent: startBittorrent,
  "hls-swarm": startOwn,
};

const start = trackers[process.argv[2]];
if (!start) throw new Error(`unknown tracker ${String(process.argv[2])}`);
process.on("disconnect", () => process.exit()); // never outlives the benchmark
process.send?.({ url: await start() });

async function startBittorrent() {
  // Not the package's index: that one also loads the client, and with it a native module.
  const { default: Server } = await import("bittorrent-tracker/server");
  const server = new Server({ udp: false, http: false, ws: true, stats: false, interval: ANNOUNCE_EVERY_MS });
  server.on("error", (error) => console.error("bittorrent-tracker:", error.message));
  server.on("warning", (error) => console.error("bittorrent-tracker:", error.message));
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `ws://127.0.0.1:${String(server.ws.address().port)}`;
}

async function startOwn() {
  const { startTracker } = await import("../../dist/tracker.js");
  const { url } = await startTracker({ host: "127.0.0.1", port: 0 });
  return url;
}
