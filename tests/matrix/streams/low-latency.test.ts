/** Low-latency HLS: parts as files and as byte ranges, hints, blocking reload. Six viewers are in tests/browser. */
import path from "node:path";
import { expect, test } from "vitest";
import { runLowLatency } from "../../../bench/low-latency/session.ts";
import { launchChromium } from "../../../testkit/chromium.ts";
import { hlsVersion, tried } from "../rows.ts";

const root = path.resolve(import.meta.dirname, "../../..");

test.each([
  ["parts as files", false],
  ["parts as byte ranges", true],
])("LL-HLS, %s: three viewers", async (what, byteRangeParts) => {
  const figures = await runLowLatency(
    { viewers: 3, seconds: 28, swarm: true, origin: { latencyMs: 30, byteRangeParts } },
    root,
  );
  expect(figures).toMatchObject({ viewersPlaying: 3, partShare: 1, alteredPieces: 0, fatalErrors: 0 });
  expect(figures.offload).toBeGreaterThanOrEqual(0.5);
  const browser = await launchChromium();
  const chromium = browser.version();
  await browser.close();
  tried({
    section: "streams",
    what: `LL-HLS, ${what}, preload hints, blocking reload`,
    versions: `hls.js ${hlsVersion()}, Chromium ${chromium}`,
    result: `3 viewers live: ${((1 - (figures.offload ?? 0)) * 3).toFixed(2)} copies, bytes identical, ${(figures.latencySeconds ?? 0).toFixed(1)} s behind`,
  });
});
