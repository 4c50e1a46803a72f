/** Forgers among real viewers: hls.js, Chromium, WebRTC, and a stream that `hls-swarm sign` has signed. */
import { createHash } from "node:crypto";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTracker, type RunningTracker } from "../../src/tracker-server/index.ts";
import { bundleForPage } from "../../testkit/bundle.ts";
import { launchChromium } from "../../testkit/chromium.ts";
import type { Watched, WatchOptions } from "../../testkit/streams/page.ts";
import { signed } from "../../testkit/streams/signed.ts";
import { encoding } from "../../testkit/streams/encodings.ts";
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
async function play(origin: StreamOrigin, viewers: readonly string[]): Promise<Map<string, Watched>> {
  const pages = new Map<string, Promise<Watched>>();
  for (const viewer of viewers) {
    const page = await (await browser.newContext({ userAgent: `hls-viewer/${viewer}` })).newPage();
    await page.goto(new URL("/", origin.url).href);
    await page.addScriptTag({ content: script });
    const options: WatchOptions = {
      ...{ url: origin.url, tracker: tracker.url, rate: 1, seeksBack: false, reloads: false, leaves: false },
      ...{ patienceMs: 60_000, forges: viewer.startsWith("forger") },
    };
    await page.evaluate(`Streams.begin(${JSON.stringify(options)})`);
    pages.set(viewer, page.evaluate("Streams.watched()"));
  }
  const watched = new Map<string, Watched>();
  for (const [viewer, seen] of pages) watched.set(viewer, await seen);
  for (const context of browser.contexts()) await context.close();
  return watched;
}

const sha256 = (bytes: Uint8Array | undefined): string =>
  createHash("sha256")
    .update(bytes ?? "")
    .digest("hex");

/** What hls.js was given that is not what the origin has. */
const altered = (origin: StreamOrigin, viewer: string, { loads }: Watched): string[] =>
  loads.filter(({ url, sha256: seen }) => seen !== sha256(origin.bytes(viewer, url))).map(({ url }) => url);

const sentBytes = (origin: StreamOrigin, viewer: string): number =>
  [...origin.sentTo(viewer).media.values()].reduce((sum, bytes) => sum + bytes, 0);

test("[IN6] a forger is cut off at its first chunk: nothing altered is played, nobody stalls, the others go on sharing", async () => {
  const origin = await createStreamOrigin({ name: "forged", files: async () => signed(await encoding("ts")) });
  const watched = await play(origin, ["forger", "one", "two", "three"]);
  const honest = ["one", "two", "three"].map((viewer) => {
    const seen = watched.get(viewer);
    if (!seen?.stats) throw new Error(`${viewer} saw nothing`);
    console.log(
      viewer,
      seen.stats.peerBytes,
      seen.stats.originBytes,
      seen.stats.forgedChunks,
      sentBytes(origin, viewer),
    );
    expect(seen).toMatchObject({ done: true, errors: [], stalls: 0 });
    expect(seen.loads.length).toBeGreaterThan(15);
    expect(altered(origin, viewer, seen)).toEqual([]);
    expect(seen.stats.integrity).toBe("playlist");
    // A window of requests may be on its way when the first answer comes.
    expect(seen.stats.forgedChunks).toBeLessThanOrEqual(FORGED_CHUNKS_MAX);
    return seen.stats;
  });
  await origin.close();
  expect(honest.some(({ forgedChunks }) => forgedChunks > 0)).toBe(true);
  // Those who forged nothing were blamed for nothing.
  const links = honest.map(({ peers }) => peers.filter(({ state }) => state === "open").length);
  expect(links).toEqual([2, 2, 2]);
  expect(honest.reduce((sum, { peerBytes }) => sum + peerBytes, 0)).toBeGreaterThan(0);
});

/** Two segments of this stream. */
const FORGED_CHUNKS_MAX = 4;
