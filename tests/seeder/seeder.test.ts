/** A seeder with real peers in Node, a real tracker and a real origin: what it tells, and what it survives. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { SILENT } from "../../src/base/logger.ts";
import { openHeadlessSwarm } from "../../src/headless/headless-swarm.ts";
import { loadNodeWebRtc } from "../../src/headless/node-web-rtc.ts";
import { openStream, type StreamFollower } from "../../src/headless/stream-follower.ts";
import { startSeeder, type RunningSeeder } from "../../src/seeder/index.ts";
import type { SwarmDriver } from "../../src/swarm/io/driver.ts";
import { startTracker, type RunningTracker } from "../../src/tracker-server/index.ts";
import { metricsAmiss } from "../../testkit/metrics-page.ts";
import { createOrigin, type RunningOrigin } from "../../testkit/origin/origin.mjs";
import { until } from "./until.ts";

const track = (port = 0): Promise<RunningTracker> => startTracker({ port, host: "127.0.0.1" });

let tracker: RunningTracker;
let origin: RunningOrigin;
let seeder: RunningSeeder;
let stream: StreamFollower;
const lines: string[] = [];
const say = (text: string): void => void lines.push(text);
const logger = { info: say, warn: say, error: say };
const webRtc = await loadNodeWebRtc();

beforeAll(async () => {
  [tracker, origin] = await Promise.all([
    track(),
    createOrigin({ pictures: "light", segmentSeconds: 2, bitsPerSecond: 1_000_000, signed: true }),
  ]);
  stream = await openStream({ urls: [origin.liveUrl], logger: SILENT });
  seeder = await startSeeder({
    ...{ playlists: [origin.liveUrl], trackers: [tracker.url], parents: ["ws://127.0.0.1:1"], warm: true, logger },
    ...{ statusPort: 0, httpPort: 0, httpHost: "127.0.0.1" },
  });
  await until(() => seeder.status().tracker === "joined");
});
afterAll(async () => {
  stream.close();
  await seeder.close();
  await tracker.close();
  await origin.close();
});

/** Links with the seeder as a viewer does, and follows nothing. */
function comeBy(): SwarmDriver {
  const { swarm, renditions, origin: source } = stream;
  const follower = { swarm, renditions, origin: source, start: () => undefined, close: () => undefined };
  const options = { webRtc, trackers: [tracker.url], lan: true, upload: true, memoryBytesMax: 1e6, logger: SILENT };
  return openHeadlessSwarm({ ...options, follower });
}

const page = async (path: string): Promise<{ status: number; text: string }> => {
  const response = await fetch(new URL(path, seeder.statusUrl));
  return { status: response.status, text: await response.text() };
};

const isLinked = (driver: SwarmDriver): boolean => driver.stats().peers.some(({ state }) => state === "open");

test("[SE57] [SE58] [SE59] its pages tell how it fares, and no address of a peer", async () => {
  const peer = comeBy();
  await until(() => isLinked(peer) && seeder.peers().length === 1);
  expect(await page("/healthz")).toEqual({ status: 200, text: '{"status":"ok","reasons":[],"tracker":"joined"}\n' });
  expect(JSON.parse((await page("/status")).text)).toMatchObject({
    tracker: "joined",
    peers: { open: 1 },
    upstreams: [{ healthy: true }],
    parents: [{ host: "127.0.0.1:1", state: "unreachable", fault: "ECONNREFUSED" }],
  });
  expect(lines.filter((line) => line.includes("parent"))).toEqual(["a parent cannot be reached"]);
  const peers = await page("/peers");
  expect(JSON.parse(peers.text)).toMatchObject([{ state: "open", inFlightBytes: 0 }]);
  expect(peers.text).not.toMatch(/\d+\.\d+\.\d+\.\d+/);
  const metrics = await page("/metrics");
  expect(metrics.text).toMatch(/^hls_swarm_seeder_peers 1$/m);
  expect(metrics.text).toMatch(/^hls_swarm_seeder_upstream_requests_total\{upstream="0"\} [1-9]\d*$/m);
  expect(metrics.text).toMatch(/^hls_swarm_seeder_parent_linked\{parent="0"\} 0$/m);
  expect(metricsAmiss(metrics.text, "hls_swarm_seeder_")).toEqual([]);
  expect(metrics.text).toMatch(/^nodejs_eventloop_lag_seconds /m);
  peer.close();
  await until(() => seeder.peers().length === 0);
});

test("[SE81] a chain asks for tickets, of the stream or of the content: each call shows a new one", async () => {
  const ticketSecret = "a secret of thirty-two characters";
  for (const named of [{}, { contentId: "news" }]) {
    const options = { playlists: [origin.liveUrl], ticketSecret, ...named };
    const parent = await startSeeder({ ...options, peerPort: 0, peerHost: "127.0.0.1" });
    const child = await startSeeder({ ...options, parents: [parent.peerUrl ?? ""], warm: true });
    await until(() => child.status().parents[0]?.state !== "waiting");
    expect(child.status().parents).toMatchObject([{ state: "linked", fault: undefined }]);
    await Promise.all([parent.close(), child.close()]);
  }
});

test("it serves the stream over HTTP, too", async () => {
  const { pathname } = new URL(origin.liveUrl);
  const response = await fetch(new URL(pathname, seeder.httpUrl));
  expect([response.status, (await response.text()).slice(0, 7)]).toEqual([200, "#EXTM3U"]);
});

test("[SE55] a tracker that restarts is joined again, and links outlive it; an upstream that was away is followed again", async () => {
  const peer = comeBy();
  await until(() => isLinked(peer));
  const port = Number(new URL(tracker.url).port);
  origin.setFault({ kind: "outage" });
  await tracker.close();
  await until(() => seeder.status().tracker !== "joined" && seeder.status().upstreams[0]?.healthy === false);
  expect((await page("/healthz")).text).toContain('"upstreams"');
  expect(seeder.status().trackerFault).toMatch(/^127\.0\.0\.1:\d+: /);
  expect(isLinked(peer)).toBe(true);
  origin.setFault({ kind: "none" });
  tracker = await track(port);
  await until(async () => seeder.status().tracker === "joined" && (await page("/healthz")).status === 200);
  peer.close();
  await until(() => seeder.peers().length === 0);
});
