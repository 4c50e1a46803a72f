/** What a consumer's Node runs of the package. */

/** A tracker in a program of its own: says where it listens, and closes when it is told. */
export const TRACKER = `import { startTracker } from "hls-swarm/tracker";
  const tracker = await startTracker({ port: 0, host: "127.0.0.1" });
  console.log(tracker.url);
  process.once("SIGTERM", () => tracker.close());`;

/** A server that renders pages imports the browser's entry. Says: supported, globals unchanged, what keeps Node alive. */
export const SERVER_RENDERING = `const before = Object.getOwnPropertyNames(globalThis).join();
  const { createSwarm, isSupported } = await import("hls-swarm");
  createSwarm({ tracker: "ws://127.0.0.1:1" });
  console.log(isSupported(), before === Object.getOwnPropertyNames(globalThis).join());
  console.log(process.getActiveResourcesInfo().filter((kind) => /Timeout|TCP/.test(kind)).length);`;

export const SERVER_RENDERING_SAYS = "false true\n0\n";

/** A site's backend, without a tracker. */
export const TICKET = `import { issueTicket } from "hls-swarm/ticket";
  console.log(issueTicket({ secret: "s".repeat(32) }, { content: "news" }));`;
