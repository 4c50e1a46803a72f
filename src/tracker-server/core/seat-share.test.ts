import { describe, expect, test } from "vitest";
import type { TrackId } from "../../protocol/ids.ts";
import { ALL_SEATS, shareOf, weightOf } from "./seat-share.ts";

const TRACK = "00000000000000aa" as TrackId;
const sharesOf = (weights: ReadonlyMap<string, number>, track = TRACK) =>
  new Map([...weights.keys()].map((node) => [node, shareOf(track, node, weights)]));

describe("the seats of a track among processes", () => {
  test("[TK34] each belongs to exactly one, whoever works it out", () => {
    const weights = new Map(Object.entries({ AA: 8, BB: 1, CC: 32 }));
    const dealt = [...sharesOf(weights).values()].flat().sort((a, b) => a - b);
    expect(dealt).toEqual(ALL_SEATS);
    const reversed = new Map([...weights].reverse());
    expect(sharesOf(reversed).get("BB")).toEqual(sharesOf(weights).get("BB"));
  });

  test("[TK34] are split by the number of givers", () => {
    let heavy = 0;
    for (let track = 0; track < 100; track++) {
      const name = track.toString(16).padStart(16, "0") as TrackId;
      heavy += shareOf(name, "AA", new Map(Object.entries({ AA: 24, BB: 8 }))).length;
    }
    expect(heavy / 100).toBeGreaterThan(22);
    expect(heavy / 100).toBeLessThan(26);
  });

  test("[TK34] a process that goes moves no seat between the others", () => {
    const three = new Map(Object.entries({ AA: 4, BB: 4, CC: 4 }));
    const two = new Map(Object.entries({ AA: 4, BB: 4 }));
    const before = sharesOf(three);
    const after = sharesOf(two);
    for (const node of two.keys()) expect(after.get(node)).toEqual(expect.arrayContaining([...before.get(node)!]));
  });

  test("weights are powers of two that a single viewer seldom changes", () => {
    expect([0, 1, 2, 3, 4, 7, 8, 31, 32, 5_000].map((givers) => weightOf(givers, 0))).toEqual([
      0, 1, 2, 2, 4, 4, 8, 16, 32, 32,
    ]);
    expect([15, 16].map((givers) => weightOf(givers, 8))).toEqual([8, 16]);
    expect([7, 6, 5].map((givers) => weightOf(givers, 8))).toEqual([8, 8, 4]);
    expect(weightOf(0, 1)).toBe(0);
    expect(weightOf(5_000, 32)).toBe(32);
  });
});
