/** A thousand who come and go, over WebSocket and over WebRTC: a seeder is afterwards what it was before. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { SILENT } from "../../src/base/logger.ts";
import { openHeadlessSwarm } from "../../src/headless/headless-swarm.ts";
import { loadNodeWebRtc } from "../../src/headless/node-web-rtc.ts";
import { openStream, type StreamFollower } from "../../src/headless/stream-follower.ts";
import type { ViewerId } from "../../src/protocol/ids.ts";
import { CHUNK_BYTES } from "../../src/protocol/limits.ts";
import type { PeerStats } from "../../src/swarm/core/stats.ts";
import { peerUrlOf } from "../../src/swarm/io/websocket-peer-link.ts";
import { startTracker, type RunningTracker } from "../../src/tracker-server/index.ts";
import { createOrigin, type RunningOrigin } from "../../testkit/origin/origin.mjs";
import { passBy, WAYS_TO_GO, type WayToGo } from "./passing-peer.ts";
import { SeederProcess, type Footprint } from "./seeder-process.ts";
import { until } from "./until.ts";

let tracker: RunningTracker;
let origin: RunningOrigin;
let seeder: SeederProcess;
let stream: StreamFollower;
const webRtc = await loadNodeWebRtc();

beforeAll(async () => {
  [tracker, origin] = await Promise.all([
    startTracker({ port: 0, host: "127.0.0.1" }),
    createOrigin({ pictures: "light", segmentSeconds: 2, bitsPerSecond: 1_000_000, signed: true, windowSegments: 5 }),
  ]);
  stream = await openStream({ urls: [origin.liveUrl], logger: SILENT });
  seeder = await SeederProcess.start(origin.liveUrl, tracker.url);
});
afterAll(async () => {
  stream.close();
  await seeder.stop();
  await tracker.close();
  await origin.close();
});

let called = 0;

/** Resolves with the bytes that it got. */
function call(way: WayToGo): Promise<number> {
  const [rendition] = stream.renditions;
  if (!rendition) throw new Error("the stream has no rendition");
  const viewer = (++called).toString(16).padStart(16, "0") as ViewerId;
  return passBy(peerUrlOf(seeder.peerUrl, stream.swarm), rendition.track, viewer, way);
}

/** Each way in turn, over WebSocket. */
async function callers(count: number): Promise<void> {
  let left = count / WAYS_TO_GO.length;
  const oneAfterTheOther = async (): Promise<void> => {
    while (left-- > 0)
      for (const way of WAYS_TO_GO) expect([way, (await call(way)) > 0]).toEqual([way, way !== "never says hello"]);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, oneAfterTheOther));
}

/** All at once, over WebRTC, until each has a link with the seeder. They link with each other, too. */
async function viewers(count: number): Promise<void> {
  const { swarm, renditions, origin: source } = stream;
  const follower = { swarm, renditions, origin: source, start: () => undefined, close: () => undefined };
  const options = { webRtc, trackers: [tracker.url], lan: true, upload: true, memoryBytesMax: 1e6, logger: SILENT };
  const drivers = Array.from({ length: count }, () => openHeadlessSwarm({ ...options, follower }));
  const { self } = await seeder.status();
  const isLinked = ({ peer, state }: PeerStats): boolean => peer === self && state === "open";
  await until(() => drivers.every((driver) => driver.stats().peers.some(isLinked)));
  for (const driver of drivers) driver.close();
}

/** Five hundred. Resolves, when the last has been missed and all sockets are back, with what the seeder holds then. */
async function crowd(before: Footprint): Promise<Footprint> {
  await Promise.all([callers(480), viewers(10).then(() => viewers(10))]);
  await until(async () => (await seeder.peers()).length === 0);
  let left = before;
  const isBack = (kind: "sockets" | "files" | "timers"): boolean => left[kind] <= before[kind] + SPARE;
  await until(async () => {
    left = await seeder.footprint();
    return isBack("sockets") && isBack("files") && isBack("timers");
  });
  return left;
}

test("[SE60] 1,000 who come and go leave nothing behind, and the seeder goes on", async () => {
  const before = await seeder.footprint();
  let { heapBytes } = await crowd(before);
  const grown: number[] = [];
  // What is compiled and what is cached ends growing some time, a leak never does.
  while (grown.length < 3 && !grown.some((bytes) => bytes < LEAKED_BYTES)) {
    const half = await crowd(before);
    grown.push(half.heapBytes - heapBytes);
    ({ heapBytes } = half);
  }
  expect(Math.min(...grown)).toBeLessThan(LEAKED_BYTES);
  expect(await call("says bye, with what it asked for")).toBe(2 * CHUNK_BYTES);
  expect(await seeder.status()).toMatchObject({
    status: "ok",
    peers: { open: 0, connecting: 0 },
    callers: { accepted: called, refused: {} },
  });
});

/** Fewer than the 64 that one address may have. */
const AT_ONCE = 48;
/** Connections that come and go with the playlist's reloads and with our own questions. */
const SPARE = 4;
/** By five hundred. A peer as the engine knows it is 2 KB, a socket 8; without a leak it was 0.2 to 0.6 MB, and less from then on. */
const LEAKED_BYTES = 600_000;
