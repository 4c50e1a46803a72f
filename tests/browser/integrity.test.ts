/** Those who mean harm among real viewers: hls.js, Chromium, WebRTC, and a stream that `hls-swarm sign` has signed. */
import { createHash } from "node:crypto";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { SwarmStats } from "../../src/swarm/core/stats.ts";
import { startTracker, type RunningTracker } from "../../src/tracker-server/index.ts";
import { bundleForPage } from "../../testkit/bundle.ts";
import { launchChromium } from "../../testkit/chromium.ts";
import type { Adversary } from "../../testkit/adversaries/adversary.ts";
import type { Watched, WatchOptions } from "../../testkit/streams/page.ts";
import { signed } from "../../testkit/streams/signed.ts";
import { KINDS } from "../../testkit/streams/kinds.ts";
import { encoding, type Files } from "../../testkit/streams/encodings.ts";
import { createStreamOrigin, type StreamOrigin } from "../../testkit/streams/stream-origin.ts";

let browser: Browser;
let script: string;
let tracker: RunningTracker;

beforeAll(async () => {
  [browser, script, tracker] = await Promise.all([
    launchChromium(),
    bundleForPage(new URL("../../testkit/streams/page.ts", import.meta.url), "Streams"),
    startTracker({ port: 0, host: "127.0.0.1" }),
  ]);
});
afterAll(async () => {
  await browser.close();
  await tracker.close();
});

/** The viewers come one after the other, each when the one before has a segment, and play to the end. */
async function play(
  origin: StreamOrigin,
  viewers: readonly string[],
  manner: Partial<WatchOptions> = {},
): Promise<(viewer: string) => Watched & { readonly stats: SwarmStats }> {
  const pages = new Map<string, Promise<Watched>>();
  for (const viewer of viewers) {
    const page = await (await browser.newContext({ userAgent: `hls-viewer/${viewer}` })).newPage();
    await page.goto(new URL("/", origin.url).href);
    await page.addScriptTag({ content: script });
    const options: WatchOptions = {
      ...{ url: origin.url, tracker: tracker.url, rate: 1, seeksBack: false, reloads: false, leaves: false },
      ...{ patienceMs: 60_000, adversary: ADVERSARIES.find((name) => name === viewer), ...manner },
    };
    await page.evaluate(`Streams.begin(${JSON.stringify(options)})`);
    pages.set(viewer, page.evaluate("Streams.watched()"));
  }
  const watched = new Map<string, Watched>();
  for (const [viewer, seen] of pages) watched.set(viewer, await seen);
  for (const context of browser.contexts()) await context.close();
  await origin.close();
  return (viewer) => {
    const seen = watched.get(viewer);
    if (!seen?.stats) throw new Error(`${viewer} saw nothing`);
    return { ...seen, stats: seen.stats };
  };
}

const sha256 = (bytes: Uint8Array | undefined): string =>
  createHash("sha256")
    .update(bytes ?? "")
    .digest("hex");

/** What hls.js was given that is not what the origin has. */
const altered = (origin: StreamOrigin, viewer: string, { loads }: Watched): string[] =>
  loads.filter(({ url, sha256: seen }) => seen !== sha256(origin.bytes(viewer, url))).map(({ url }) => url);

const sentBytes = (origin: StreamOrigin, viewer: string): number => sum([...origin.sentTo(viewer).media.values()]);

test("[T1] [IN6] forger, malformed and staller: nothing altered is played, nobody stalls, the others go on sharing", async () => {
  const origin = await createStreamOrigin({ name: "forged", files: async () => signed(await encoding("ts")) });
  const seenBy = await play(origin, [...ADVERSARIES, "one", "two"]);
  const honest = ["one", "two"].map((viewer) => {
    const seen = seenBy(viewer);
    const { stats } = seen;
    expect(seen).toMatchObject({ done: true, errors: [], stalls: 0 });
    expect(seen.loads.length).toBeGreaterThan(15);
    expect(altered(origin, viewer, seen)).toEqual([]);
    expect(stats.integrity).toBe("playlist");
    // As many as were asked for before the first answer came.
    expect(stats.forgedChunks).toBeLessThanOrEqual(FORGED_CHUNKS_MAX);
    // The CDN was asked for nothing that was not played.
    expect(sentBytes(origin, viewer)).toBeLessThanOrEqual(stats.originBytes);
    return stats;
  });
  expect(honest.some(({ forgedChunks }) => forgedChunks > 0)).toBe(true);
  // Forger and malformed are gone, for good; the staller may stay until nothing is asked of it.
  const links = honest.map(({ peers }) => peers.filter(({ state }) => state === "open").length);
  for (const count of links) expect([1, 2]).toContain(count);
  expect(honest.reduce((sum, { peerBytes }) => sum + peerBytes, 0)).toBeGreaterThan(0);
});

test("[IN6] without roots the same forger is believed", async () => {
  const origin = await createStreamOrigin({ name: "believed", files: () => encoding("ts") });
  const seenBy = await play(origin, ["forger", "one"], { rate: 2, patienceMs: 12_000 });
  expect(seenBy("one").stats.integrity).toBe("none");
  expect(altered(origin, "one", seenBy("one"))).not.toEqual([]);
});

test("[IN8] live, each chunk is shared once it is proven", async () => {
  const files = async (): Promise<Files> => signed(await encoding("live"));
  const origin = await createStreamOrigin({ ...KINDS.live, name: "signed live", files });
  const seenBy = await play(origin, ["one", "two", "three"], { seconds: 12 });
  for (const viewer of ["one", "two", "three"]) {
    const seen = seenBy(viewer);
    expect(seen).toMatchObject({ done: true, errors: [] });
    expect(altered(origin, viewer, seen)).toEqual([]);
    expect(seen.stats).toMatchObject({ integrity: "playlist", forgedChunks: 0 });
  }
  const stats = ["one", "two", "three"].map((viewer) => seenBy(viewer).stats);
  const [peerBytes, originBytes] = [sum(stats.map((of) => of.peerBytes)), sum(stats.map((of) => of.originBytes))];
  expect(peerBytes).toBeGreaterThan(originBytes / 2);
});

test("[IN4] a viewer alone asks for no hashes", async () => {
  const origin = await createStreamOrigin({ name: "alone", files: async () => signed(await encoding("ts")) });
  const seen = (await play(origin, ["alone"], { rate: 2 }))("alone");
  expect(altered(origin, "alone", seen)).toEqual([]);
  expect([...origin.sentTo("alone").others.keys()].filter((file) => file.endsWith(".hashes"))).toEqual([]);
  expect(seen.stats.verifiedChunks).toBeGreaterThan(0);
});

/** Each a viewer of this name. */
const ADVERSARIES: readonly Adversary[] = ["forger", "malformed", "staller"];

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

/** Two segments of this stream. */
const FORGED_CHUNKS_MAX = 4;
