import { expect, test } from "vitest";
import { figuresOf, type Figures } from "./figures.ts";
import { mediansOf } from "./medians.ts";

const origin = { segmentBytes: new Map(), firstAskedAt: new Map(), sizeOf: () => 1000, sha1Of: () => "sha1" };
const nothing = figuresOf({ name: "someone", beganAt: 0, live: true, viewers: [], origin, faultAt: undefined });
const run = (figures: Partial<Figures>): Figures => ({ ...nothing, ...figures });

test("the run in the middle counts, figure by figure", () => {
  const runs = [
    run({ copiesPerSegment: 1.1, stalls: 0, startupMsMedian: 700 }),
    run({ copiesPerSegment: 1.3, stalls: 4, startupMsMedian: 500 }),
    run({ copiesPerSegment: 1.2, stalls: 0, startupMsMedian: 900 }),
  ];
  expect(mediansOf("someone", runs)).toMatchObject({
    name: "someone",
    copiesPerSegment: 1.2,
    stalls: 0,
    startupMsMedian: 700,
  });
});

test("a figure that a run was too short for is that of the others", () => {
  const runs = [run({ offloadSteady: null }), run({ offloadSteady: 0.8 }), run({ offloadSteady: 0.9 })];
  expect(mediansOf("someone", runs).offloadSteady).toBeCloseTo(0.85);
  expect(mediansOf("someone", runs).latencySeconds).toBeNull();
});

test("one altered segment is never lost in a median, and no viewer is", () => {
  const viewer = {
    label: "a",
    killed: false,
    startupMs: 1,
    stalls: [],
    playedBytes: 0,
    peerBytes: 0,
    uploadedBytes: 0,
  };
  const runs = [run({ alteredSegments: 0 }), run({ alteredSegments: 1, perViewer: [viewer] }), run({})];
  expect(mediansOf("someone", runs)).toMatchObject({ alteredSegments: 1, perViewer: [viewer] });
});

test("one run is itself", () => {
  const only = run({ copiesPerSegment: 2, alteredSegments: 3 });
  expect(mediansOf("someone", [only])).toEqual(only);
});
