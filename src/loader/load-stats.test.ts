import { LoadStats } from "hls.js";
import { describe, expect, test } from "vitest";
import type { PeerId, TrackId } from "../protocol/ids.ts";
import type { PeerStats } from "../swarm/core/stats.ts";
import {
  closeStats,
  OriginRate,
  PeerShare,
  shapeStats,
  sustainableRate,
  swarmRateOf,
  type LevelRate,
  type RateKnowledge,
} from "./load-stats.ts";

const MBIT = 1_000_000;
const NOTHING: RateKnowledge = {
  ...{ origin: undefined, player: undefined, ladder: [], peerShare: 0, sharedAt: -Infinity, firstByteMs: 100 },
};

/** What hls.js makes of a load: it takes the wait for the first byte off and adds its own parsing, here none. */
const estimateOf = ({ loaded, loading }: LoadStats): number => (loaded * 8000) / (loading.end - loading.first);

/** Levels of 1, 2.5 and 5 Mbit/s, and what the peers at each of them bring, in Mbit/s. */
const ladder = (...swarm: readonly number[]): LevelRate[] =>
  [1, 2.5, 5].map((mbit, level) => ({ bitrate: mbit * MBIT, swarm: (swarm[level] ?? 0) * MBIT }));

describe("a load that peers had a part in", () => {
  test.each([
    ["[AB3] is reported at the CDN's rate", { origin: 4 * MBIT, player: 3 * MBIT, ladder: ladder() }, 4],
    ["[AB4] changes nothing before the CDN was measured", { player: 3 * MBIT, ladder: ladder() }, 3],
    ["[AB4] takes the top level when hls.js has no estimate", { player: NaN, ladder: ladder() }, 5],
    ["[AB7] is capped where it changes no choice any more", { origin: 90 * MBIT, ladder: ladder() }, 10],
    ["[AB7] is capped for the player's own estimate too", { player: 90 * MBIT, ladder: ladder() }, 10],
    ["[AB7] knows no cap without levels", { origin: 90 * MBIT }, 90],
  ])("%s", (_, known, mbit) => {
    const stats = new LoadStats();
    shapeStats(stats, 10_000, 1_000_000, { ...NOTHING, ...known });
    expect(estimateOf(stats) / MBIT).toBeCloseTo(mbit, 5);
    expect(stats.loading.end).toBe(10_000);
    expect(stats.loading.first - stats.loading.start).toBeCloseTo(100, 5);
    expect(stats).toMatchObject({ loaded: 1_000_000, total: 1_000_000 });
  });

  test("[AB9] is reported no faster than it was, if it was late although the CDN was asked", () => {
    const known = { ...NOTHING, origin: 4 * MBIT, ladder: ladder() };
    const [late, quick] = [new LoadStats(), new LoadStats()];
    shapeStats(late, 10_000, 1_000_000, known, MBIT);
    shapeStats(quick, 10_000, 1_000_000, known, 40 * MBIT);
    expect(estimateOf(late) / MBIT).toBeCloseTo(1, 5);
    expect(estimateOf(quick) / MBIT).toBeCloseTo(4, 5);
  });

  test("is in order even when nothing is known", () => {
    const stats = new LoadStats();
    shapeStats(stats, 10_000, 1000, NOTHING);
    expect(stats.loading).toEqual({ start: 9900, first: 10_000, end: 10_000 });
    expect(stats.bwEstimate).toBe(0);
  });
});

describe("what CDN and swarm could sustain", () => {
  const mbitOf = (origin: number, swarm: readonly number[], peerShare: number): number =>
    sustainableRate({ ...NOTHING, origin: origin * MBIT, ladder: ladder(...swarm), peerShare }) / MBIT;

  test.each([
    ["[AB5] both together, where peers bring what they can", 1, [1, 0, 0], 0.6, 2],
    ["[AB5] no more than leaves the CDN what it can carry, however fast peers are", 1, [90, 90, 90], 0.5, 2],
    ["[AB5] a swarm that brings nothing counts for nothing", 1, [90, 90, 90], 0, 1],
    ["[AB5] peers too slow to matter take nothing away", 6, [0.1, 0.1, 0.1], 0.1, 6.1],
    ["[AB6] as far as the level that peers play", 1, [90, 90, 0], 1, 5],
    ["[AB6] short of one that nobody plays", 1, [90, 0, 0], 1, 2],
    ["[AB6] nor past one that nobody plays", 1, [90, 0, 90], 1, 2],
    ["[AB6] past one that the CDN carries alone", 4, [0, 0, 90], 0.7, 10],
    ["[AB7] the top level's, twice", 8, [90, 90, 90], 1, 10],
  ])("%s", (_, origin, swarm, peerShare, mbit) => {
    expect(mbitOf(origin, swarm, peerShare)).toBeCloseTo(mbit, 5);
  });

  test("[AB6] close rungs: the level above one that peers play is not chosen by the way", () => {
    const close = [
      { bitrate: 2 * MBIT, swarm: 90 * MBIT },
      ...[2.5, 3].map((mbit) => ({ bitrate: mbit * MBIT, swarm: 0 })),
    ];
    const rate = sustainableRate({ ...NOTHING, origin: MBIT, ladder: close, peerShare: 1 });
    // hls.js takes a level when 0.7 of the estimate is its bitrate.
    expect(0.7 * rate).toBeGreaterThan(2 * MBIT);
    expect(0.7 * rate).toBeLessThan(2.5 * MBIT);
  });
});

describe("what peers bring", () => {
  const HIGH = "00000000000000aa" as TrackId;
  const LOW = "00000000000000bb" as TrackId;
  const peer = (following: readonly TrackId[], mbit: number, uplink: PeerStats["uplink"] = 1): PeerStats => ({
    ...{
      peer: "peer______" as PeerId,
      state: "open",
      seeder: false,
      receivedBytes: 0,
      sentBytes: 0,
      pending: 0,
      inFlightBytes: 0,
    },
    ...{ roundTripMs: undefined, following, bitsPerSecond: mbit * MBIT, uplink },
  });

  test("[AB5] of a rendition: those that play it, together", () => {
    const rate = swarmRateOf([peer([HIGH], 3), peer([HIGH, LOW], 2), peer([LOW], 4)]);
    expect([rate(HIGH), rate(LOW), rate(undefined)]).toEqual([5 * MBIT, 6 * MBIT, 0]);
  });

  test("[AB5] one that has brought nothing yet is taken to be as the others are, unless it gives nothing", () => {
    const known = [peer([LOW], 2), peer([LOW], 4)];
    expect(swarmRateOf([...known, peer([HIGH], 0), peer([HIGH], 0, 0)])(HIGH)).toBe(3 * MBIT);
    expect(swarmRateOf([peer([HIGH], 0)])(HIGH)).toBe(0);
  });

  test("[AB5] their share follows within a few segments, and one segment is none", () => {
    const share = new PeerShare();
    share.add({ peerBytes: 1000, originBytes: 0 });
    expect(share.mean).toBeLessThan(0.5);
    for (let n = 0; n < 9; n++) share.add({ peerBytes: 1000, originBytes: 0 });
    expect(share.mean).toBeGreaterThan(0.95);
  });
});

test("[AB2] a load of the CDN alone keeps its own times", () => {
  const stats = new LoadStats();
  stats.loading.start = 1000;
  stats.loading.first = 1200;
  closeStats(stats, 3200, 1_000_000);
  expect(stats.loading).toEqual({ start: 1000, first: 1200, end: 3200 });
  expect(stats.bwEstimate).toBe(4 * MBIT);
});

describe("[AB3] the CDN's rate", () => {
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
      (measure(...transfers.map(([a, b, c]) => [a, b, c] as [number, number, number])).bitsPerSecond(Infinity) ?? 0) /
        MBIT,
    ).toBeCloseTo(mbit, 1);
  });

  test("[AB2] it tells when two were open at once, to the end of the overlap", () => {
    expect(measure([0, 500_000, 1000], [2000, 500_000, 3000]).sharedAt).toBe(-Infinity);
    expect(measure([0, 500_000, 1000], [500, 500_000, 2000]).sharedAt).toBe(1000);
  });

  test("is unknown before the first, and after one too small to tell", () => {
    expect(new OriginRate().bitsPerSecond(100)).toBeUndefined();
    expect(measure([0, 1000, 100]).bitsPerSecond(100)).toBeUndefined();
  });

  test("is that of what is still arriving, too: a CDN that became slow is known for it before it is done", () => {
    const rate = measure([0, 1_500_000, 3000]);
    rate.opened(3000, 50);
    rate.received(250_000);
    expect((rate.bitsPerSecond(5000) ?? 0) / MBIT).toBeLessThan(3);
    rate.received(1000);
    rate.closed(5008);
    expect((rate.bitsPerSecond(60_000) ?? 0) / MBIT).toBeLessThan(3);
  });

  test("covers at once a part of the way down that it takes long to cover upwards", () => {
    const steady: [number, number, number] = [0, 15_000_000, 30_000];
    const mbitAfter = (bytes: number): number =>
      (measure(steady, [30_000, bytes, 31_000]).bitsPerSecond(31_000) ?? 0) / MBIT;
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
