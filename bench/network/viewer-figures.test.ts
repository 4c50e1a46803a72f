import { expect, test } from "vitest";
import type { MachineFacts } from "../browser/machine.ts";
import { BEGAN_AT, ENDED_AT, reading, run, viewer } from "./quiet-run.ts";
import { perViewerOf, warningsOf } from "./viewer-figures.ts";

const IDLE: MachineFacts = { cores: 2, cpu: "any", busyShare: 0.2, foreignCores: 0, timerLagP99Ms: 1 };

test("each viewer's bytes of the measurement, and its stalls from the beginning of it", () => {
  const before = reading(BEGAN_AT, [viewer({ originReceivedBytes: 5e6, uploadedBytes: 1e6 }), viewer()]);
  const stalls = [{ startedAt: BEGAN_AT + 500, ms: 300 }];
  const after = reading(ENDED_AT, [viewer({ originReceivedBytes: 7e6, uploadedBytes: 4e6, stalls }), viewer()]);
  const [first, second] = perViewerOf(run({ before, after }));
  expect(first).toMatchObject({ originBytes: 2e6, uploadedBytes: 3e6, stalls: [{ afterMs: 500, ms: 300 }] });
  expect(second).toMatchObject({ uploadBitsPerSecond: 1e6, startupMs: 800, originBytes: 0, stalls: [] });
});

test("who reads the figures is told what spoils them", () => {
  expect(warningsOf(run({}), IDLE)).toEqual([]);
  const broken = viewer({ startedAt: undefined, openLinks: 0, errors: ["retired: Error: oops"] });
  expect(warningsOf(run({ after: reading(ENDED_AT, [broken, viewer()]) }), { ...IDLE, busyShare: 0.9 })).toEqual([
    "1 viewers never played",
    "1 viewers have no peer",
    "errors: retired: Error: oops",
    "the machine was 90 % busy: start-up, stalls, ages and delays are its own",
  ]);
});
