import { expect, test } from "vitest";
import { WIRE_FACTOR } from "../../sim/model/network.ts";
import { boundOf, figuresOf } from "./figures.ts";
import { BEGAN_AT, ENDED_AT, member, OPTIONS, reading, run, SEGMENT_BYTES, viewer } from "./quiet-run.ts";
import type { SwitchReport } from "./switch-report.ts";

test("what was before the measurement does not count", () => {
  const before = viewer({ plays: 6, playedBytes: 6e6, originReceivedBytes: 5e6, peerReceivedBytes: 1e6 });
  const after = viewer({ plays: 16, playedBytes: 11e6, originReceivedBytes: 6e6, peerReceivedBytes: 5e6 });
  const figures = figuresOf(
    run({
      before: reading(BEGAN_AT, [before, before], { originBytes: 10e6, requests: 20 }),
      after: reading(ENDED_AT, [after, after], { originBytes: 12e6, requests: 30 }),
    }),
  );
  expect(figures).toMatchObject({
    offload: 0.8, // 2 of 10 MB
    bound: 0.5,
    offloadOfBound: 1.6,
    cdnBytesPerBytePlayed: 0.2,
    plays: 20,
    httpRequestsPerViewerSegment: 0.5,
    startupMsP50: 800,
    wallMs: 70_000,
  });
});

test("what was received twice is no use, and is told", () => {
  const after = viewer({ originReceivedBytes: 1e6, peerReceivedBytes: 1.25e6, wastedBytes: 0.25e6 });
  const figures = figuresOf(run({ after: reading(ENDED_AT, [after, viewer()], { originBytes: 1e6 }) }));
  expect(figures.offload).toBe(0.5);
  expect(figures.duplicatesPct).toBe(12.5);
});

test("frames without media cost their headers too", () => {
  const after = viewer({ originReceivedBytes: 1e6, controlFrames: 100, controlBytes: 3500 });
  const figures = figuresOf(run({ after: reading(ENDED_AT, [after, viewer()], { originBytes: 1e6 }) }));
  expect(figures.controlPct).toBeCloseTo(1);
});

test("copies are of segments that appeared in the measurement, early enough for everybody", () => {
  // Those from 0 to 6: 6 appears at 124 s, and 16 s later is the end.
  const copies = [2, 1, 1, 1, 1, 1, 1.4, 0.5];
  const segmentBytes = new Map(copies.map((count, sequence) => [sequence, count * SEGMENT_BYTES]));
  segmentBytes.set(-1, 9 * SEGMENT_BYTES);
  const figures = figuresOf(run({ after: reading(ENDED_AT, [viewer(), viewer()], { segmentBytes }) }));
  expect(figures.copiesPerSegment).toBeCloseTo(1.2);
});

test("a segment's age counts at viewers that were there when it appeared", () => {
  const completions = [
    { sequence: 0, at: BEGAN_AT + 3000 },
    { sequence: 1, at: BEGAN_AT + 4000 + 5000 },
  ];
  const late = viewer({ createdAt: BEGAN_AT + 2000, completions: completions.slice(0, 1) });
  const figures = figuresOf(run({ after: reading(ENDED_AT, [viewer({ completions }), late]) }));
  expect(figures).toMatchObject({ ageMsP50: 3000, ageMsP95: 5000 });
});

test("stalls of the warm-up are its own", () => {
  const stalls = [
    { startedAt: BEGAN_AT - 1, ms: 9000 },
    { startedAt: BEGAN_AT + 1, ms: 300 },
  ];
  expect(figuresOf(run({ after: reading(ENDED_AT, [viewer({ stalls }), viewer()]) }))).toMatchObject({
    stalls: 1,
    stallMs: 300,
  });
});

test("uploads are fair when everybody gives the same share of what it can", () => {
  const jain = (...uploaded: number[]): number | null =>
    figuresOf(
      run({
        after: reading(
          ENDED_AT,
          uploaded.map((uploadedBytes) => viewer({ uploadedBytes })),
        ),
      }),
    ).uploadJain;
  expect(jain(500, 100)).toBeCloseTo(1);
  expect(jain(500, 0)).toBeCloseTo(0.5);
  expect(jain(0, 0)).toBeNull();
});

test("control is late or not while its sender's uplink is full; at other times it is another figure", () => {
  const full = (at: number, bytes: number): SwitchReport => ({
    at,
    lines: [0, bytes, 0].map((upBytes) => ({ upBytes, upDropped: 0, lost: 0, downBytes: 0, downDropped: 0 })),
  });
  const probes = [
    { from: 0, sentAt: BEGAN_AT + 600, delayMs: 250 },
    { from: 0, sentAt: BEGAN_AT + 1600, delayMs: 20 },
    { from: 1, sentAt: BEGAN_AT + 600, delayMs: 20 },
  ];
  const figures = figuresOf(
    run({
      // The first viewer's 5 Mbit/s are 312,500 bytes in half a second.
      switchReports: [full(BEGAN_AT + 500, 0), full(BEGAN_AT + 1000, 312_500), full(BEGAN_AT + 2000, 312_500)],
      after: reading(ENDED_AT, [viewer({ probes }), viewer()]),
    }),
  );
  expect(figures).toMatchObject({ controlDelayMsP95: 250, controlDelayProbes: 1, controlDelayMsP95Always: 250 });
});

test("the bound: all but one copy, or what the uplinks can carry", () => {
  expect(boundOf(OPTIONS, [member(5), member(1)])).toBe(0.5);
  expect(boundOf(OPTIONS, [member(0.5), member(0)])).toBeCloseTo(0.25 / WIRE_FACTOR);
  expect(boundOf(OPTIONS, [member(0), member(0)])).toBe(0);
});
