import { LoadStats } from "hls.js";
import { describe, expect, test } from "vitest";
import { closeStats, OriginRate, shapeStats, type RateKnowledge } from "./load-stats.ts";

const MBIT = 1_000_000;
const NOTHING: RateKnowledge = { origin: undefined, player: undefined, topLevel: undefined, firstByteMs: 100 };

/** What hls.js makes of a load: it takes the wait for the first byte off and adds its own parsing, here none. */
const estimateOf = ({ loaded, loading }: LoadStats): number => (loaded * 8000) / (loading.end - loading.first);

describe("a load that peers had a part in", () => {
  test.each([
    ["is reported at the CDN's rate", { origin: 4 * MBIT, player: 3 * MBIT, topLevel: 5 * MBIT }, 4],
    ["changes nothing before the CDN was measured", { player: 3 * MBIT, topLevel: 5 * MBIT }, 3],
    ["is capped where it changes no choice any more", { origin: 90 * MBIT, topLevel: 5 * MBIT }, 10],
    ["is capped for the player's own estimate too", { player: 90 * MBIT, topLevel: 5 * MBIT }, 10],
    ["takes the top level when hls.js has no estimate", { player: NaN, topLevel: 5 * MBIT }, 5],
    ["knows no cap without levels", { origin: 90 * MBIT, topLevel: 0 }, 90],
  ])("%s", (_, known, mbit) => {
    const stats = new LoadStats();
    shapeStats(stats, 10_000, 1_000_000, { ...NOTHING, ...known });
    expect(estimateOf(stats) / MBIT).toBeCloseTo(mbit, 5);
    expect(stats.loading.end).toBe(10_000);
    expect(stats.loading.first - stats.loading.start).toBeCloseTo(100, 5);
    expect(stats).toMatchObject({ loaded: 1_000_000, total: 1_000_000 });
  });

  test("is in order even when nothing is known", () => {
    const stats = new LoadStats();
    shapeStats(stats, 10_000, 1000, NOTHING);
    expect(stats.loading).toEqual({ start: 9900, first: 10_000, end: 10_000 });
    expect(stats.bwEstimate).toBe(0);
  });
});

test("a load of the CDN alone keeps its own times", () => {
  const stats = new LoadStats();
  stats.loading.start = 1000;
  stats.loading.first = 1200;
  closeStats(stats, 3200, 1_000_000);
  expect(stats.loading).toEqual({ start: 1000, first: 1200, end: 3200 });
  expect(stats.bwEstimate).toBe(4 * MBIT);
});

describe("the CDN's rate", () => {
  /** [opened at, bytes, closed at], in any order that overlaps as it may. */
  const measure = (...transfers: readonly [opened: number, bytes: number, closed: number][]): OriginRate => {
    const rate = new OriginRate();
    transfers
      .flatMap(([opened, bytes, closed]) => [
        { at: opened, do: () => rate.opened(opened, 50) },
        {
          at: closed,
          do: () => {
            rate.received(bytes);
            rate.closed(closed);
          },
        },
      ])
      .sort((a, b) => a.at - b.at)
      .forEach((step) => step.do());
    return rate;
  };

  test.each([
    ["of one transfer", [[0, 500_000, 1000]], 4],
    [
      "of two in turn, idle time left out",
      [
        [0, 500_000, 1000],
        [60_000, 500_000, 61_000],
      ],
      4,
    ],
    [
      "of two at once, together",
      [
        [0, 500_000, 2000],
        [0, 500_000, 2000],
      ],
      4,
    ],
    [
      "of two that overlap",
      [
        [0, 500_000, 1000],
        [500, 500_000, 2000],
      ],
      4,
    ],
  ] as const)("%s", (_, transfers, mbit) => {
    expect(
      (measure(...transfers.map(([a, b, c]) => [a, b, c] as [number, number, number])).bitsPerSecond ?? 0) / MBIT,
    ).toBeCloseTo(mbit, 1);
  });

  test("is unknown before the first, and after one too small to tell", () => {
    expect(new OriginRate().bitsPerSecond).toBeUndefined();
    expect(measure([0, 1000, 100]).bitsPerSecond).toBeUndefined();
  });

  test("covers at once a part of the way down that it takes long to cover upwards", () => {
    const steady: [number, number, number] = [0, 15_000_000, 30_000];
    const mbitAfter = (bytes: number): number => (measure(steady, [30_000, bytes, 31_000]).bitsPerSecond ?? 0) / MBIT;
    const wayUp = (mbitAfter(1_500_000) - 4) / (12 - 4);
    const wayDown = (4 - mbitAfter(125_000)) / (4 - 1);
    expect(wayDown).toBeGreaterThan(2 * wayUp);
  });

  test("the last wait for a first byte is kept, never below what hls.js takes", () => {
    const rate = new OriginRate();
    expect(rate.firstByteMs).toBe(100);
    rate.opened(0, 1);
    expect(rate.firstByteMs).toBe(5);
    rate.opened(0, 80);
    expect(rate.firstByteMs).toBe(80);
  });
});
