import { expect, test } from "vitest";
import type { Figures } from "./figures.ts";
import { machineLineOf, tableOf } from "./table.ts";

const figures: Figures = {
  name: "plain",
  viewers: 8,
  copiesPerSegment: 8,
  copiesPerSegmentRun: 7.98,
  steadySegments: 31,
  offloadSteady: 0,
  offloadRun: 0,
  cdnPerPlayedByte: 1,
  cdnPerViewerByte: 8,
  viewersStarted: 8,
  startupMsMedian: 240.4,
  startupMsP95: 312,
  stalls: 2,
  stallMs: 1490,
  stallsAfterFault: null,
  stallMsAfterFault: null,
  latencySeconds: 6.52,
  mainThreadShare: 0.0153,
  heapMb: 2.66,
  peerBytes: 0,
  channelBytes: 0,
  uploadMaxShare: null,
  cdnBytes: 180_000_000,
  playedBytes: 180_000_000,
  wastePct: 0,
  alteredSegments: 0,
  perViewer: [],
};

test("one column a contender, one row a figure", () => {
  const other = {
    ...figures,
    name: "someone",
    copiesPerSegment: 1.254,
    offloadSteady: 0.8433,
    latencySeconds: null,
    uploadMaxShare: 1.618,
  };
  expect(tableOf([figures, other])).toMatchInlineSnapshot(`
    "                                     plain  someone
    viewers that played                 8 of 8   8 of 8
    CDN copies per segment, steady        8.00     1.25
    CDN copies per segment, whole run     7.98     7.98
    segments in steady state                31       31
    offload, steady                      0.0 %   84.3 %
    offload, whole run                   0.0 %    0.0 %
    CDN bytes per byte played            1.000    1.000
    CDN bytes per byte of one viewer      8.00     8.00
    start-up ms, median                    240      240
    start-up ms, p95                       312      312
    stalls n / s                       2 / 1.5  2 / 1.5
    latency to live s                      6.5        -
    main thread                          1.5 %    1.5 %
    JS heap MB                             2.7      2.7
    CDN MB                               180.0    180.0
    peers MB, library's count              0.0      0.0
    peers MB, on data channels             0.0      0.0
    largest upload / fair share              -     1.62
    played MB                            180.0    180.0
    waste %                                0.0      0.0
    altered segments                         0        0"
  `);
});

test("what a fault did has a row of its own", () => {
  expect(tableOf([figures])).not.toContain("after the fault");
  expect(tableOf([{ ...figures, stallsAfterFault: 1, stallMsAfterFault: 750 }])).toMatch(/after the fault\s+1 \/ 0\.8/);
});

test("the machine's line tells how far to trust the times", () => {
  const machine = { cores: 2, cpu: "Some CPU", busyShare: 0.515, foreignCores: 0.04, timerLagP99Ms: 2.6 };
  expect(machineLineOf("plain", machine)).toBe(
    "plain: 2 cores (Some CPU), 51.5 % busy, other programs 0.04 cores, timers late by 3 ms (p99)",
  );
});
