import { expect, test } from "vitest";
import { figuresOf, type OriginRecord, type RunRecord, type ViewerRecord } from "./figures.ts";
import { SETTLE_MS } from "./steady-state.ts";

const SEGMENT_BYTES = 1000;
const STARTED_AT = 10_000;
const STEADY_FROM = STARTED_AT + SETTLE_MS;

const viewer = (label: string, sequences: readonly number[], more: Partial<ViewerRecord> = {}): ViewerRecord => ({
  label,
  killed: false,
  startupMs: 300,
  startedAt: STARTED_AT,
  stalls: [],
  deliveries: sequences.map((sequence) => ({
    sequence,
    byteLength: SEGMENT_BYTES,
    sha1: `sha1 of ${String(sequence)}`,
  })),
  latencies: [],
  peerReceivedBytes: 0,
  channelReceivedBytes: 0,
  channelSentBytes: 0,
  mainThreadShare: undefined,
  heapBytes: undefined,
  ...more,
});

const origin = (copies: Readonly<Record<number, number>>): OriginRecord => ({
  segmentBytes: new Map(Object.entries(copies).map(([sequence, count]) => [Number(sequence), count * SEGMENT_BYTES])),
  // Segments 0 to 9 are of the start, those from 10 on of steady state.
  firstAskedAt: new Map(
    Object.keys(copies).map((sequence) => [Number(sequence), STEADY_FROM + (Number(sequence) < 10 ? -1 : 0)]),
  ),
  sizeOf: () => SEGMENT_BYTES,
  sha1Of: (sequence) => `sha1 of ${String(sequence)}`,
});

const run = (viewers: readonly ViewerRecord[], from: OriginRecord, more: Partial<RunRecord> = {}): RunRecord => ({
  name: "someone",
  beganAt: 9000,
  live: true,
  viewers,
  origin: from,
  faultAt: undefined,
  ...more,
});

test("steady state counts its own segments, the run counts all", () => {
  const figures = figuresOf(
    run(
      [viewer("a", [1, 10, 11]), viewer("b", [1, 10, 11], { peerReceivedBytes: 1500 })],
      origin({ 1: 2, 10: 1, 11: 1.5 }),
    ),
  );
  expect(figures).toMatchObject({
    copiesPerSegment: 1.25,
    copiesPerSegmentRun: 1.5,
    steadySegments: 2,
    offloadSteady: 0.375,
    offloadRun: 0.25,
    cdnPerPlayedByte: 0.75,
    peerBytes: 1500,
    cdnBytes: 4500,
    playedBytes: 6000,
    wastePct: 0,
  });
});

test("a library that loads more than is played offloads nothing, and its cost shows", () => {
  expect(figuresOf(run([viewer("a", [10])], origin({ 10: 1, 11: 2 })))).toMatchObject({
    offloadRun: 0,
    cdnPerPlayedByte: 3,
    wastePct: 200,
  });
});

test("what late joiners cost is told by the viewer that was handed most", () => {
  const viewers = [viewer("a", [0, 1, 2, 3]), viewer("b", [2, 3])];
  expect(figuresOf(run(viewers, origin({ 0: 1, 1: 1, 2: 2, 3: 1 }), { live: false })).cdnPerViewerByte).toBe(1.25);
});

test("whoever gives more than the others shows; whoever died does not", () => {
  const gave = (label: string, channelSentBytes: number, more: Partial<ViewerRecord> = {}): ViewerRecord =>
    viewer(label, [10], { channelSentBytes, ...more });
  const victim = gave("c", 0, { killed: true });
  const figures = figuresOf(run([gave("a", 100), gave("b", 300), victim], origin({ 10: 1 })));
  expect(figures.uploadMaxShare).toBe(1.5);
  expect(figures.perViewer.map(({ uploadedBytes }) => uploadedBytes)).toEqual([100, 300, 0]);
});

test("a byte that is not the origin's is an altered segment", () => {
  const forged = { sequence: 11, byteLength: SEGMENT_BYTES, sha1: "sha1 of another" };
  const viewers = [viewer("a", [10]), viewer("b", [10], { deliveries: [forged] })];
  expect(figuresOf(run(viewers, origin({ 10: 2, 11: 1 }))).alteredSegments).toBe(1);
});

test("start-up, stalls and latency are the survivors'; bytes are everybody's", () => {
  const survivor = viewer("a", [10], {
    startupMs: 200,
    stalls: [
      { startedAt: 20_000, ms: 400 },
      { startedAt: 30_000, ms: 600 },
    ],
    latencies: [
      { at: STEADY_FROM - 1, seconds: 99 },
      { at: STEADY_FROM, seconds: 7 },
    ],
  });
  const victim = viewer("b", [10], { killed: true, startupMs: 5000, stalls: [{ startedAt: 30_000, ms: 9000 }] });
  expect(figuresOf(run([survivor, victim], origin({ 10: 1 }), { faultAt: 25_000 }))).toMatchObject({
    viewers: 2,
    viewersStarted: 1,
    startupMsMedian: 200,
    startupMsP95: 200,
    stalls: 2,
    stallMs: 1000,
    stallsAfterFault: 1,
    stallMsAfterFault: 600,
    latencySeconds: 7,
    offloadSteady: 0.5,
    perViewer: [
      {
        label: "a",
        killed: false,
        startupMs: 200,
        stalls: [
          { afterMs: 11_000, ms: 400 },
          { afterMs: 21_000, ms: 600 },
        ],
      },
      { label: "b", killed: true, startupMs: 5000, stalls: [{ afterMs: 21_000, ms: 9000 }] },
    ],
  });
});

test("what the run was too short for is null", () => {
  const idle = viewer("a", [], { startupMs: undefined, startedAt: undefined });
  expect(figuresOf(run([idle], origin({})))).toMatchObject({
    copiesPerSegment: null,
    offloadSteady: null,
    offloadRun: null,
    startupMsMedian: null,
    latencySeconds: null,
    mainThreadShare: null,
    uploadMaxShare: null,
    cdnPerViewerByte: null,
    heapMb: null,
    wastePct: null,
    stallsAfterFault: null,
    viewersStarted: 0,
  });
});
