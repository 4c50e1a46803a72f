/**
 * Runs one server until its parent goes: `node --expose-gc server-process.mjs hls-swarm|bittorrent-tracker|bare-ws`. A
 * process of its own, so that the CPU it used is nobody else's. Tells its address, then answers each question with what it
 * has used so far; asked for its memory it collects garbage first.
 */
const servers = {
  "hls-swarm": startOwn,
  "hls-swarm-bounded": startBounded,
  "bittorrent-tracker": startBittorrent,
  "bare-ws": startBare,
};

process.on("disconnect", () => process.exit());
process.on("message", (question) => {
  if (question === "memory") for (let round = 0; round < 3; round++) globalThis.gc();
  const { user, system } = process.cpuUsage();
  process.send({ cpuSeconds: (user + system) / 1e6, rssBytes: process.memoryUsage.rss() });
});
process.send({ url: await servers[process.argv[2]]() });

/** As `npx hls-swarm tracker` runs it, but for the limits that keep one address from being a crowd. */
async function startOwn() {
  const { startTracker } = await import("../../dist/tracker.js");
  const crowd = { burst: 1_000_000, perSecond: 1_000_000 };
  const { url } = await startTracker({
    ...{ host: "127.0.0.1", port: 0, upgradesPerAddress: crowd, connectionsPerAddressMax: 1_000_000 },
    ...{ upgradesPerPrefix: crowd, connectionsPerPrefixMax: 1_000_000, handshakesMax: 1_000_000 },
    ...{ messages: crowd, messagesPerAddress: crowd },
    joinWithinMs: 120_000, // all sockets are opened before the first joins
  });
  return url;
}

/** With its limits, for those who run into them. */
async function startBounded() {
  const { startTracker } = await import("../../dist/tracker.js");
  const { url } = await startTracker({ host: "127.0.0.1", port: 0 });
  return url;
}

async function startBittorrent() {
  // Not the package's index: that one also loads the client, and with it a native module.
  const { default: Server } = await import("bittorrent-tracker/server");
  const server = new Server({ udp: false, http: false, ws: true, stats: false });
  server.on("error", (error) => console.error("bittorrent-tracker:", error.message));
  server.on("warning", (error) => console.error("bittorrent-tracker:", error.message));
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `ws://127.0.0.1:${String(server.ws.address().port)}`;
}

/** The least a relay can be: a map of sockets, and frames passed on unread to whom their first letters name. */
async function startBare() {
  const { WebSocketServer } = await import("ws");
  const sockets = new Map();
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false });
  server.on("connection", (socket) => {
    let id;
    socket.on("close", () => sockets.delete(id));
    socket.on("message", (data) => {
      const name = data.toString("latin1", 1, 11);
      if (id !== undefined) {
        sockets.get(name)?.send(data, { binary: false });
        return;
      }
      sockets.set((id = name), socket);
      socket.send(data, { binary: false });
    });
  });
  await new Promise((resolve) => server.once("listening", resolve));
  return `ws://127.0.0.1:${String(server.address().port)}`;
}
