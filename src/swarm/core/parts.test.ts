import { describe, expect, test } from "vitest";
import type { WorldOptions } from "../../../testkit/world/options.ts";
import type { Viewer } from "../../../testkit/world/viewer.ts";
import { World } from "../../../testkit/world/world.ts";

/** Viewers 1.5 s behind the edge of half-second parts of 75 kB, with 20 Mbit/s of uplink each. */
function worldOfParts(
  options: Partial<WorldOptions> = {},
  names = NAMES,
): { world: World; viewers: readonly Viewer[] } {
  const world = new World({
    ...{ seed: 1, segmentSeconds: 0.5, segmentBytes: 75_000, windowSegments: 16, behindSegments: 3, parts: "hinted" },
    ...options,
  });
  const viewers = names.map((name) => world.join(name, { uplinkBitsPerSecond: 20e6 }));
  world.run(SETTLE_MS);
  return { world, viewers };
}

/** Figures of ten seconds of steady state. */
function play({ world, viewers }: ReturnType<typeof worldOfParts>) {
  const told = viewers.map(({ ages }) => ages.length);
  const stallsOf = (): number => viewers.reduce((sum, { player }) => sum + player.stalls, 0);
  const [first, stalls, requests] = [world.newest + 1, stallsOf(), world.origin.requests];
  world.run(10_000);
  const ages = viewers.flatMap((viewer, i) => viewer.ages.slice(told[i])).sort((a, b) => a - b);
  return {
    copies: world.meanCopies(first, world.newest - 2),
    requestsPerPart: (world.origin.requests - requests) / (world.newest - first + 1),
    stalls: stallsOf() - stalls,
    /** From a part's making to its hand-over. */
    ageMsP95: ages[Math.floor(ages.length * 0.95)] ?? Infinity,
  };
}

describe("[SW100] six viewers of parts", () => {
  test.each([
    ["hinted", 300],
    ["listed", 400],
  ] as const)("that are %s cost one copy, without a stall", (parts, ageMsMax) => {
    const figures = play(worldOfParts({ parts }));
    expect(figures.copies).toBeCloseTo(1, 1);
    expect(figures.stalls).toBe(0);
    expect(figures.ageMsP95).toBeLessThan(ageMsMax);
  });

  test("[SW20] too far from each other take the CDN in time", () => {
    const figures = play(worldOfParts({ latencyMs: 200 }));
    expect(figures.stalls).toBe(0);
    expect(figures.copies).toBeGreaterThan(4);
    expect(figures.copies).toBeLessThanOrEqual(6);
  });
});

describe("[SW101] a part that the playlist only hints at", () => {
  test("is asked for once, by one viewer, before it is made", () => {
    const stage = worldOfParts();
    const before = stage.viewers.reduce((sum, { origin }) => sum + origin.fetchedUnlisted, 0);
    const { requestsPerPart } = play(stage);
    const early = stage.viewers.reduce((sum, { origin }) => sum + origin.fetchedUnlisted, 0) - before;
    expect(requestsPerPart).toBeCloseTo(1, 1);
    expect(early).toBeGreaterThanOrEqual(19);
  });

  test("[SW1] is none of a lone viewer's business", () => {
    const stage = worldOfParts({}, ["ann"]);
    const { copies, requestsPerPart, stalls } = play(stage);
    expect({ copies, requestsPerPart, stalls }).toEqual({ copies: 1, requestsPerPart: 1, stalls: 0 });
    expect(stage.viewers[0]?.origin.fetchedUnlisted).toBe(0);
  });

  test("[SW36] is not asked for after three refusals, which nobody notices", () => {
    const { world, viewers } = worldOfParts();
    world.origin.lags = true;
    const early = viewers.map(({ origin }) => origin.fetchedUnlisted);
    const { stalls, copies } = play({ world, viewers });
    expect(stalls).toBe(0);
    expect(copies).toBeLessThan(2);
    expect(viewers.flatMap(({ failures }) => failures)).toEqual([]);
    for (const [i, viewer] of viewers.entries())
      expect(viewer.origin.fetchedUnlisted - (early[i] ?? 0)).toBeLessThanOrEqual(3);
  });
});

const NAMES = ["ann", "bob", "cy", "dan", "eve", "fay"];
const SETTLE_MS = 8000;
