import { expect, test } from "vitest";
import { figuresOf, shortcomingsOf, type Figures } from "./figures.ts";
import type { PlayerReport } from "./pages/page-api.ts";
import type { Script } from "./scripts.ts";

const REPORT: PlayerReport = {
  ...{ now: 31_000, startedAt: 1000, bufferedSeconds: 0, estimates: [], abandoned: 1, errors: [] },
  levels: [
    { at: 900, level: 0 },
    { at: 11_000, level: 2 },
    { at: 21_000, level: 1 },
  ],
  stalls: [{ startedAt: 20_000, ms: 400 }],
  ...{ peerBytes: 300, originBytes: 100, links: 3 },
};

test("levels count by the time for which they were at the playhead, since the first picture", () => {
  expect(figuresOf(REPORT, 3)).toEqual({
    ...{ averageLevel: 1, switches: 2, stalls: 1, stallMs: 400, abandoned: 1, peerShare: 0.75, links: 3 },
    timeAtLevel: [10, 10, 10],
    trajectory: [
      { atSeconds: 0, level: 0 },
      { atSeconds: 10, level: 2 },
      { atSeconds: 20, level: 1 },
    ],
  });
});

test("a viewer that never played has no figures", () => {
  expect(() => figuresOf({ ...REPORT, startedAt: undefined }, 3)).toThrow("never played");
});

const SCRIPT: Script = { name: "steady", seconds: 40, cdn: [], seederBitsPerSecond: 0 };
const FIGURES: Figures = figuresOf({ ...REPORT, stalls: [] }, 3);

test.each<[string, Partial<Script>, Partial<Figures>, readonly string[]]>([
  ["as good", {}, {}, []],
  ["within what two players differ by", {}, { averageLevel: 0.985, switches: 3 }, []],
  ["lower", {}, { averageLevel: 0.97 }, ["lower level"]],
  ["restless", {}, { switches: 4 }, ["more switches"]],
  ["stalling", {}, { stalls: 1 }, ["stalls"]],
  ["no better where it must be", { mustBeHigher: true }, {}, ["no higher level"]],
  ["better where it must be", { mustBeHigher: true }, { averageLevel: 1.5 }, []],
])("the swarm is %s", (_, script, swarm, found) => {
  expect(shortcomingsOf({ ...SCRIPT, ...script }, FIGURES, { ...FIGURES, ...swarm })).toEqual(found);
});
