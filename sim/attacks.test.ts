/** Those who mean harm among real cores, in short; `npm run sim -- forgers` and the like play them at length. */
import { expect, test } from "vitest";
import { violationsOf } from "./checkers.ts";
import { hostOf } from "./host.ts";
import type { RunResult } from "./model/figures.ts";
import type { Plan } from "./model/plan.ts";
import { traitsOf } from "./model/population.ts";
import { simulate } from "./model/simulator.ts";
import { comparablePlan, type Scenario } from "./scenario.ts";
import { flooder } from "./scenarios/flooder.ts";
import { forger } from "./scenarios/forger.ts";
import { forgers } from "./scenarios/forgers.ts";
import { replayers } from "./scenarios/replayers.ts";
import { slowReaders } from "./scenarios/slow-readers.ts";
import { stallers } from "./scenarios/stallers.ts";
import { sybils } from "./scenarios/sybils.ts";

const SHORT = { viewers: 20, measuredSeconds: 16 };

/** Plays a scenario and the run to hold against it; nothing may fail that must always hold. */
function attacked({ plan, comparedWith }: Scenario): { readonly plan: Plan; readonly result: RunResult } {
  if (!comparedWith) throw new Error("nothing to compare with");
  const short = plan(SHORT);
  const villains = Array.from({ length: SHORT.viewers }, (_, index) => traitsOf(short, index).mischief);
  expect(villains.some(Boolean)).toBe(true);
  const result = simulate(short, hostOf());
  const other = simulate(comparablePlan(short, comparedWith), hostOf());
  expect(violationsOf({ plan: short, result, compared: { comparison: comparedWith, result: other } })).toEqual([]);
  expect(result.figures.stalls).toBe(0);
  return { plan: short, result };
}

test("[T1] [IN6] one forger: no altered byte is played, nobody stalls, each victim cuts it off within one segment", () => {
  expect(attacked(forger).result.figures.forgedChunks).toBeGreaterThan(0);
});

test("[T1] [IN9] 20 % forgers, some of one bit in few chunks, leave nine tenths of the offload", () => {
  expect(attacked(forgers).result.figures.forgedChunks).toBeGreaterThan(0);
});

test("[T1] without roots the same forgers are believed, and the checker says so", () => {
  const plan: Plan = { ...forgers.plan(SHORT), proof: "none" };
  expect(simulate(plan, hostOf()).violations.join()).toMatch(/hands \S+ over with \d+ altered chunks/);
});

test("[T4] replayers of the segment before are forgers like any other", () => {
  expect(attacked(replayers).result.figures.forgedChunks).toBeGreaterThan(0);
});

test("[T13] four fifths Sybils: nobody stalls, and it starts as fast as from the CDN alone", () => {
  attacked(sybils);
});

test("[T14] who promises everything and lets it wait causes no stall", () => {
  attacked(stallers);
});

test("[T15] [PE40] floods of requests and frames are cut off", () => {
  const { controlPct, stalls } = attacked(flooder).result.figures;
  // Pings alone would otherwise be answered a thousand times a second.
  expect(controlPct).toBeLessThan(3);
  expect(stalls).toBe(0);
});

test("[T15] [SW82] who never acknowledges blocks nobody's uplink for the others", () => {
  attacked(slowReaders);
});
