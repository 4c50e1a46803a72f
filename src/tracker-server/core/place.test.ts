import { expect, test } from "vitest";
import { coverageOf, type Coverage, type ToldPlace } from "./place.ts";

const ASKER: ToldPlace = { place: { position: 100, ahead: 20, behind: 5, playing: false }, toldAt: 0 };

const giver = (position: number, ahead: number, behind: number): ToldPlace => ({
  place: { position, ahead, behind, playing: false },
  toldAt: 0,
});

const CASES: ReadonlyArray<readonly [string, ToldPlace, Coverage]> = [
  ["just far enough ahead", giver(108, 0, 0), "all"],
  ["ahead, and keeps just enough behind it", giver(300, 30, 192), "all"],
  ["ahead, and lacks the first second", giver(300, 30, 191), "part"],
  ["ahead, and has dropped the next half minute", giver(300, 30, 162), "none"],
  ["not yet far enough ahead", giver(107, 30, 100), "part"],
  ["at the same place, with a buffer", giver(100, 30, 0), "part"],
  ["at the same place, with next to none", giver(100, 8, 0), "none"],
  ["behind", giver(60, 30, 60), "none"],
];

for (const [name, other, coverage] of CASES)
  test(`[TK2] ${name}: holds ${coverage}`, () => {
    expect(coverageOf(0, ASKER, other)).toBe(coverage);
  });

test("[TK2] whoever plays moves on, whoever is paused stays", () => {
  const playing: ToldPlace = { place: { position: 0, ahead: 30, behind: 60, playing: true }, toldAt: 10_000 };
  expect(coverageOf(10_000, ASKER, playing)).toBe("none");
  expect(coverageOf(117_999, ASKER, playing)).toBe("part");
  expect(coverageOf(118_000, ASKER, playing)).toBe("all");
  expect(coverageOf(400_000, ASKER, playing)).toBe("none");
});
