/** A seeder in Node and viewers in Chromium: they find each other by a real tracker and play what a real origin serves. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startSeeder, type RunningSeeder } from "../../src/seeder/index.ts";
import { startTracker, type RunningTracker } from "../../src/tracker-server/index.ts";
import { bundleForPage } from "../../testkit/bundle.ts";
import { launchChromium } from "../../testkit/chromium.ts";
import { createOrigin, type RunningOrigin } from "../../testkit/origin/origin.mjs";
import type { Watched, WatchOptions } from "../../testkit/streams/page.ts";
import { until } from "../seeder/until.ts";

let browser: Browser;
let script: string;
let origin: RunningOrigin;

beforeAll(async () => {
  [browser, script, origin] = await Promise.all([
    launchChromium(),
    bundleForPage(new URL("../../testkit/streams/page.ts", import.meta.url), "Streams"),
    createOrigin({
      pictures: "light",
      segmentSeconds: 2,
      bitsPerSecond: 1_000_000,
      signed: true,
      extraHandlers: [emptyPage],
    }),
  ]);
});
afterAll(async () => {
  await browser.close();
  await origin.close();
});

const emptyPage = (_request: unknown, response: { end(text: string): void }, path: string): boolean => {
  if (path === "/") response.end("<!doctype html>");
  return path === "/";
};

const seed = (tracker: RunningTracker): Promise<RunningSeeder> =>
  startSeeder({ playlists: [origin.liveUrl], trackers: [tracker.url], warm: true });

/** Plays for some seconds; resolves once there is a first segment. */
async function watch(label: string, tracker: RunningTracker): Promise<{ ended: Promise<Watched> }> {
  const page = await (await browser.newContext({ userAgent: `hls-viewer/${label}` })).newPage();
  await page.goto(origin.url);
  await page.addScriptTag({ content: script });
  const options: WatchOptions = {
    ...{ url: origin.liveUrl, tracker: tracker.url, rate: 1, seeksBack: false, reloads: false, leaves: true },
    ...{ patienceMs: 30_000, seconds: SECONDS },
  };
  await page.evaluate(`Streams.begin(${JSON.stringify(options)})`);
  return { ended: page.evaluate("Streams.watched()") };
}

/** What the CDN sent a viewer of the segments from that one on. */
const bytesSince = (label: string, first: number): number =>
  [...(origin.counters().byViewer.get(label)?.segmentBytes ?? [])]
    .filter(([sequence]) => sequence >= first)
    .reduce((sum, [, bytes]) => sum + bytes, 0);

// Each with a tracker of its own, so that neither viewer meets the other.
describe.concurrent("one viewer and one seeder", () => {
  test.each([
    ["viewer", "seeder"],
    ["seeder", "viewer"],
  ])(
    "[SE50] the %s, who comes last, calls the %s; once started the viewer costs the CDN a tenth of a copy at most",
    async (last) => {
      const tracker = await startTracker({ port: 0, host: "127.0.0.1" });
      const label = `before-${last}`;
      const early = last === "viewer" ? await seed(tracker) : undefined;
      await until(() => early?.status().tracker !== "connecting" && early?.status().tracker !== "lost");
      const viewer = await watch(label, tracker);
      const seeder = early ?? (await seed(tracker));
      await until(() => seeder.peers().some(({ state, sentBytes }) => state === "open" && sentBytes > 0));
      const first = origin.liveWindow().last + 1;
      expect(await viewer.ended).toMatchObject({ done: true, errors: [], stalls: 0 });
      const published = origin.liveWindow().last + 1 - first;
      expect(published).toBeGreaterThanOrEqual(2);
      const copy = published * origin.segmentSeconds * (origin.bitsPerSecond / 8);
      expect(bytesSince(label, first)).toBeLessThanOrEqual(0.1 * copy);
      await seeder.close();
      await tracker.close();
    },
  );
});

/** Two segments at least, and a link before. */
const SECONDS = 7;
