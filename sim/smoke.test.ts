import { expect, test } from "vitest";
import { violationsOf } from "./checkers.ts";
import { hostOf } from "./host.ts";
import { simulate } from "./model/simulator.ts";
import { REPORTED } from "./scenarios.ts";
import { regions } from "./scenarios/regions.ts";
import { live } from "./scenarios/live.ts";

test.each(REPORTED)("$name: nothing fails that must always hold, in a dozen viewers", (scenario) => {
  const plan = scenario.plan({ viewers: 12, measuredSeconds: 30 });
  const result = simulate(plan, hostOf());
  expect(result.figures.plays).toBeGreaterThan(12);
  expect(violationsOf({ plan, result })).toEqual([]);
});

test("[TK21] a tracker that knows where viewers are keeps what they trade there", () => {
  const withinRegion = (isRegionTold: boolean): number => {
    const plan = regions.plan({ viewers: 30, measuredSeconds: 20, isRegionTold });
    return simulate(plan, hostOf()).figures.peerBytesWithinRegion;
  };
  // With six viewers in each of five regions, two of whom have nothing to give.
  expect(withinRegion(false)).toBeLessThan(0.3);
  expect(withinRegion(true)).toBeGreaterThan(0.4);
});

test("[SW0] the same seed gives the same trace, another seed another", () => {
  const hashOf = (seed: number): string =>
    simulate(live.plan({ seed, viewers: 6, sessionSeconds: 20, measuredSeconds: 10 }), hostOf()).figures.traceHash;
  const hash = hashOf(7);
  expect(hash).toMatch(/^[0-9a-f]{8}$/);
  expect(hashOf(7)).toBe(hash);
  expect(hashOf(8)).not.toBe(hash);
});

test("a trace changes nothing of a run", () => {
  const plan = live.plan({ viewers: 6, measuredSeconds: 10 });
  let marks = 0;
  const trace = { span: () => marks++, mark: () => marks++ };
  const traced = simulate(plan, hostOf(trace)).figures.traceHash;
  expect(traced).toBe(simulate(plan, hostOf()).figures.traceHash);
  expect(marks).toBeGreaterThan(0);
});
