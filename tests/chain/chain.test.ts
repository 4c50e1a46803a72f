/** Seeders chained over real WebSockets, and viewers below them, told by the origin's own byte counter. */
import type { Browser } from "playwright-core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { SILENT } from "../../src/base/logger.ts";
import { openHeadlessSwarm } from "../../src/headless/headless-swarm.ts";
import { openStream } from "../../src/headless/stream-follower.ts";
import type { SegmentId } from "../../src/protocol/ids.ts";
import { ChainParents } from "../../src/seeder/core/chain-parents.ts";
import { ChainPush } from "../../src/seeder/core/chain-push.ts";
import { seederPolicy } from "../../src/seeder/core/seeder-policy.ts";
import { listenForPeers } from "../../src/seeder/peer-listener.ts";
import { FallbackSeeders } from "../../src/swarm/core/fallback-seeders.ts";
import { bundleForPage } from "../../testkit/bundle.ts";
import { launchChromium } from "../../testkit/chromium.ts";
import { createOrigin, type RunningOrigin } from "../../testkit/origin/origin.mjs";
import { countOpenings } from "../browser/count-openings.ts";
import type { Seen } from "../browser/page-consent.ts";

const BITS_PER_SECOND = 1_600_000;
const SOON = { timeout: 20_000, interval: 50 };

let origin: RunningOrigin;
let closers: (() => unknown)[];

beforeEach(async () => {
  origin = await createOrigin({
    signed: true,
    pictures: "light",
    bitsPerSecond: BITS_PER_SECOND,
    windowSegments: 5,
    extraHandlers: [
      (_, response, path) => {
        if (path === "/") response.end("<!doctype html>");
        return path === "/";
      },
    ],
  });
  closers = [() => origin.close()];
});
afterEach(async () => {
  for (const close of closers.reverse()) await close();
});

const follow = (name: string) =>
  openStream({ urls: [origin.liveUrl], userAgent: `hls-viewer/${name}`, logger: SILENT });

/** A seeder below others, and where it can be called. */
async function openSeeder(name: string, ...above: readonly string[]) {
  const follower = await follow(name);
  const driver = openHeadlessSwarm({
    // The first has what the others ask for: on a busy machine they would not wait for it.
    ...seederPolicy({ linksMax: 20, warm: above.length === 0 }),
    follower,
    trackers: [],
    webRtc: undefined,
    lan: true,
    upload: true,
    memoryBytesMax: 64e6,
    ...(above.length > 0 && { parents: (rng) => new ChainParents(above, rng) }),
    push: (desk) => new ChainPush(desk),
    logger: SILENT,
  });
  const listener = await listenForPeers({
    ...{ port: 0, host: "127.0.0.1", logger: SILENT },
    driverOf: (swarm) => (swarm === follower.swarm ? driver : undefined),
  });
  const close = async (): Promise<void> => {
    driver.close();
    await listener.close();
  };
  closers.push(close);
  return { url: listener.url, driver, close };
}

interface Got {
  readonly sequence: number;
  readonly at: number;
  readonly isAsMade: boolean;
  readonly peerBytes: number;
  readonly originBytes: number;
}

/** A viewer without a picture: it wants what is new, and is given it. */
async function openViewer(name: string, seeder: string) {
  const follower = await follow(name);
  const got: Got[] = [];
  const wanted = new Set<SegmentId>();
  const driver = openHeadlessSwarm({
    follower,
    trackers: [],
    webRtc: undefined,
    lan: true,
    upload: true,
    memoryBytesMax: 64e6,
    parents: (rng, spread) => new FallbackSeeders([seeder], rng, spread),
    logger: SILENT,
    onPlaylist({ segments }) {
      const newest = segments.at(-1);
      if (!newest || wanted.has(newest.id)) return;
      wanted.add(newest.id);
      const end = newest.start + newest.duration;
      driver.playback({ position: end - 6, bufferedEnd: newest.start, rate: 1, bufferAheadMax: 30 });
      driver.want(newest.id, {
        complete: ({ bytes, peerBytes, originBytes }) => {
          const { sequence } = newest.name;
          const isAsMade = Buffer.compare(bytes, origin.segment(sequence)) === 0;
          got.push({ sequence, at: performance.now(), isAsMade, peerBytes, originBytes });
        },
        failed: () => undefined,
      });
    },
  });
  closers.push(() => {
    driver.close();
  });
  return { got, driver };
}

const bytesOf = (name: string): number => origin.counters().byViewer.get(name)?.bytes ?? 0;

test("[SW116] [SW118] three hops of WebSocket carry one copy; the middle is killed in mid-stream and nothing is lost", async () => {
  const ingress = await openSeeder("ingress");
  const held = () => ingress.driver.stats().segments.filter(({ complete }) => complete).length;
  await expect.poll(held, SOON).toBeGreaterThanOrEqual(3);
  const middle = await openSeeder("middle", ingress.url);
  const spare = await openSeeder("spare", ingress.url);
  const edge = await openSeeder("edge", middle.url, spare.url);
  const { got } = await openViewer("viewer", edge.url);
  await expect.poll(() => got.filter(({ originBytes }) => originBytes === 0).length, SOON).toBeGreaterThanOrEqual(2);
  const before = edge.driver.stats().peers.find(({ peer }) => peer.startsWith("up:"))?.peer;
  const killedAt = performance.now();
  await middle.close();
  await expect
    .poll(() => edge.driver.stats().peers.some(({ peer }) => peer.startsWith("up:") && peer !== before), SOON)
    .toBe(true);
  const replacedMs = performance.now() - killedAt;
  const count = got.length;
  await expect.poll(() => got.length, SOON).toBeGreaterThanOrEqual(count + 2);
  expect(replacedMs).toBeLessThan(3000); // 60 ms, where there is a core to be had
  const sequences = got.map(({ sequence }) => sequence);
  expect(sequences).toEqual(sequences.map((_, i) => (sequences[0] ?? 0) + i));
  expect(got.every(({ isAsMade }) => isAsMade)).toBe(true);
  // One copy: of each segment what it has, and nothing by whoever is below.
  for (const name of ["middle", "spare", "edge"]) expect([name, bytesOf(name)]).toEqual([name, 0]);
  expect(got.slice(1).every(({ originBytes }) => originBytes === 0)).toBe(true);
});

test("[SW119] in Chromium without WebRTC a seeder's WebSocket saves the CDN 95 % and more, without a stall", async () => {
  const seeder = await openSeeder("ingress");
  const [browser, script]: [Browser, string] = await Promise.all([
    launchChromium(),
    bundleForPage(new URL("../browser/page-consent.ts", import.meta.url), "Consent"),
  ]);
  closers.push(() => browser.close());
  const page = await browser.newPage();
  await page.addInitScript(countOpenings);
  await page.addInitScript(() => {
    Reflect.deleteProperty(globalThis, "RTCPeerConnection");
  });
  await page.goto(`${origin.url}/`);
  await page.addScriptTag({ content: script });
  const options = { tracker: [], fallbackSeeders: [seeder.url] };
  await page.evaluate(`Consent.begin(${JSON.stringify(origin.liveUrl)}, ${JSON.stringify(options)})`);
  const seen = (): Promise<Seen> => page.evaluate<Seen>("Consent.seen()");
  await expect.poll(async () => (await seen()).playedSeconds, SOON).toBeGreaterThan(1);
  const before = bytesOf("");
  const { playedSeconds } = await seen();
  await expect.poll(async () => (await seen()).playedSeconds - playedSeconds, SOON).toBeGreaterThan(5);
  const after = await seen();
  const played = ((after.playedSeconds - playedSeconds) * BITS_PER_SECOND) / 8;
  expect(after).toMatchObject({ stalls: 0, links: 1, connections: 0 });
  expect((bytesOf("") - before) / played).toBeLessThanOrEqual(0.05);
});
