/** Seeders beside real cores, in short; `npm run sim -- seeder` and the like play them at length. */
import { expect, test } from "vitest";
import { violationsOf } from "./checkers.ts";
import { hostOf } from "./host.ts";
import type { Figures } from "./model/figures.ts";
import { simulate } from "./model/simulator.ts";
import type { Asked, Scenario } from "./scenario.ts";
import { seederGone } from "./scenarios/seeder-gone.ts";
import { seederLonely } from "./scenarios/seeder-lonely.ts";
import { seederVod } from "./scenarios/seeder-vod.ts";
import { seeder } from "./scenarios/seeder.ts";

/** Plays it for a while; nothing may fail that must always hold, and nobody may stall. */
function played(scenario: Scenario, asked: Asked = {}): Figures {
  const plan = scenario.plan({ measuredSeconds: 24, bitsPerSecond: 2e6, ...asked });
  const result = simulate(plan, hostOf());
  expect(violationsOf({ plan, result })).toEqual([]);
  expect(result.figures.stalls).toBe(0);
  expect(result.figures.plays).toBeGreaterThan(0);
  return result.figures;
}

test("[SE11] ten viewers without any uplink cost the CDN one copy, which the seeder fetches", () => {
  const { offloadOfBound, copiesPerSegment, viewersOriginShare } = played(seeder);
  expect(offloadOfBound).toBeGreaterThan(0.95);
  expect(copiesPerSegment).toBeCloseTo(1, 1);
  expect(viewersOriginShare).toBeLessThan(0.05);
});

test("[SE11] so do the viewers of two renditions, a copy each", () => {
  const plan = { ...seeder.plan({ measuredSeconds: 16, bitsPerSecond: 2e6, viewers: 6 }), renditions: [1, 0.5] };
  const { copiesPerSegment, viewersOriginShare, stalls } = simulate(plan, hostOf()).figures;
  expect(copiesPerSegment).toBeCloseTo(1, 1);
  expect(viewersOriginShare).toBeLessThan(0.05);
  expect(stalls).toBe(0);
});

test("[SE11] [TK94] and where two networks must agree, one of which is the operator's own", () => {
  const asked = { measuredSeconds: 16, bitsPerSecond: 2e6, viewers: 6, proof: "attested" } as const;
  expect(simulate(seeder.plan(asked), hostOf()).figures).toMatchObject({ copiesPerSegment: 1, stalls: 0 });
});

test("[SE11] a lone viewer beside a seeder leaves the CDN alone, once it has begun", () => {
  expect(played(seederLonely).viewersOriginShare).toBeLessThan(0.1);
});

test("[SE12] viewers of recorded video find there what they play next", () => {
  expect(played(seederVod, { viewers: 4 }).viewersOriginShare).toBeLessThan(0.05);
});

test("[SE13] [TK93] a seeder that dies without a word, and one that never was one, cost no stall, and little", () => {
  const plan = seederGone.plan({ measuredSeconds: 32, bitsPerSecond: 2e6, viewers: 12 });
  const none = simulate({ ...plan, seeders: [] }, hostOf()).figures;
  const { offload, ageMsP50, stalls } = simulate(plan, hostOf()).figures;
  expect(stalls).toBe(0);
  expect(offload).toBeGreaterThan(none.offload - 0.02);
  // One takeover step, half a second at the most, and what comes of it.
  expect(ageMsP50).toBeLessThan(none.ageMsP50 + 500);
});
