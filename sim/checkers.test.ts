import { expect, test } from "vitest";
import { baselineFor, violationsOf } from "./checkers.ts";
import type { Figures, RunResult } from "./model/figures.ts";
import { cdnOutage } from "./scenarios/cdn-outage.ts";
import { live } from "./scenarios/live.ts";
import { regions } from "./scenarios/regions.ts";
import { slowCdn } from "./scenarios/slow-cdn.ts";
import { vodSeek } from "./scenarios/vod-seek.ts";

const plan = live.plan({});

test("a good run violates nothing", () => {
  expect(violationsOf({ plan, result: resultWith({}), baseline: 0.98 })).toEqual([]);
});

test("what the model saw is passed on", () => {
  const result = { ...resultWith({}), violations: ["at 3.000 s viewer 4 did what it must not"] };
  expect(violationsOf({ plan, result })).toEqual(["at 3.000 s viewer 4 did what it must not"]);
});

test("a stall is ours unless the origin was slow or down", () => {
  const result = resultWith({ stalls: 2, stallMs: 900 });
  expect(violationsOf({ plan, result })).toEqual(["2 stalls, 900 ms in all, though the origin was well"]);
  expect(violationsOf({ plan: cdnOutage.plan({}), result })).toEqual([]);
  expect(violationsOf({ plan: slowCdn.plan({}), result })).toEqual([]);
});

test("the bill is compared with what plain players fetch and never play", () => {
  const result = resultWith({ cdnBytesPerBytePlayed: 1.3 });
  expect(violationsOf({ plan, result })).toEqual(["1.300 CDN bytes per byte played; plain players need 1.153"]);
  // Whoever jumps about leaves full buffers behind.
  expect(violationsOf({ plan: vodSeek.plan({ sessionSeconds: 120 }), result })).toEqual([]);
});

test("[TK21] traffic that leaves its region is wrong where the tracker knows the regions, and they are large enough", () => {
  const result = resultWith({ peerBytesWithinRegion: 0.64 });
  const sentence = "64.0 % of the peer bytes stayed in their region, not 70 %";
  expect(violationsOf({ plan: regions.plan({}), result })).toEqual([sentence]);
  expect(violationsOf({ plan: regions.plan({ viewers: 100 }), result })).toEqual([]);
  expect(violationsOf({ plan: regions.plan({ isRegionTold: false }), result })).toEqual([]);
  expect(violationsOf({ plan, result })).toEqual([]);
});

test("two points below the baseline is a regression, one is chance", () => {
  const result = resultWith({ offloadOfBound: 0.97 });
  expect(violationsOf({ plan, result, baseline: 0.98 })).toEqual([]);
  expect(violationsOf({ plan, result, baseline: 0.995 })).toEqual([
    "0.970 of the bound; sim/baselines.json says 0.995",
  ]);
});

test("a run that was changed has no baseline", () => {
  expect(baselineFor("live", { viewers: 20 })).toBeUndefined();
  expect(baselineFor("live", { seed: 3, viewers: undefined })).toBe(baselineFor("live", {}));
});

function resultWith(figures: Partial<Figures>): RunResult {
  return {
    figures: {
      ...{ viewers: 100, copiesPerSegment: 1.2, offload: 0.98, bound: 0.99, offloadOfBound: 0.99 },
      peerBytesWithinRegion: 1,
      viewersOriginShare: 0,
      ...{ cdnBytesPerBytePlayed: 0.02, stalls: 0, stallMs: 0, plays: 2400, startupMsP50: 300, startupMsP95: 500 },
      ...{ duplicatesPct: 0.1, controlPct: 0.8, ageMsP50: 3000, ageMsP95: 3800, httpRequestsPerViewerSegment: 0.1 },
      ...{
        uploadJain: 0.9,
        forgedChunks: 0,
        hashFiles: 0,
        events: 1e6,
        wallMs: 1000,
        peakRssMb: 100,
        traceHash: "00000000",
      },
      ...figures,
    },
    originByReason: { start: 0.013, elected: 0.01, due: 0, alone: 0 },
    violations: [],
    copies: [1],
  };
}
