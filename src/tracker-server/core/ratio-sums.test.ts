import { describe, expect, test } from "vitest";
import { createRng } from "../../base/random.ts";
import {
  addRatios,
  estimateDifference,
  estimateRatio,
  NO_SESSIONS,
  ratioOf,
  replaceSample,
  SESSIONS_MIN,
  studentQuantile,
  type RatioSums,
  type Sample,
} from "./ratio-sums.ts";

const NOTHING: Sample = { x: 0, y: 0 };
const sumOf = (samples: readonly Sample[]): RatioSums =>
  samples.reduce<RatioSums>((sums, sample) => replaceSample(sums, NOTHING, sample), NO_SESSIONS);
const many = (count: number, sample: (index: number) => Sample): RatioSums =>
  sumOf(Array.from({ length: count }, (_, index) => sample(index)));

test("a session that goes on counts once, as it is now", () => {
  const early = sumOf([
    { x: 1, y: 0 },
    { x: 2, y: 3 },
  ]);
  const late = replaceSample(early, { x: 1, y: 0 }, { x: 5, y: 2 });
  expect(late).toEqual(
    sumOf([
      { x: 5, y: 2 },
      { x: 2, y: 3 },
    ]),
  );
  expect(ratioOf(late)).toBe(5 / 7);
});

test("sums of two processes add up to those of one", () => {
  const [one, other] = [
    [{ x: 1, y: 2 }],
    [
      { x: 3, y: 1 },
      { x: 2, y: 0 },
    ],
  ];
  expect(addRatios(sumOf(one), sumOf(other))).toEqual(sumOf([...one, ...other]));
});

test("nothing is estimated of too few sessions, or of sessions without anything to divide by", () => {
  expect(estimateRatio(many(SESSIONS_MIN - 1, () => ({ x: 1, y: 1 })))).toBeUndefined();
  expect(estimateRatio(many(SESSIONS_MIN, () => ({ x: 1, y: 1 })))).toEqual({ value: 1, margin: 0 });
  expect(estimateRatio(many(SESSIONS_MIN, () => ({ x: 0, y: 1 })))).toBeUndefined();
  expect(
    estimateDifference(
      many(SESSIONS_MIN, () => ({ x: 1, y: 1 })),
      NO_SESSIONS,
    ),
  ).toBeUndefined();
});

test("the variance of a mean is the textbook's", () => {
  // 1 to 200: mean 100.5, sample variance 200 * 201 / 12.
  const estimate = estimateRatio(many(200, (index) => ({ x: 1, y: index + 1 })));
  expect(estimate?.value).toBe(100.5);
  expect(estimate?.margin).toBeCloseTo(studentQuantile(199) * Math.sqrt((200 * 201) / 12 / 200), 9);
});

test.each([
  [5, 2.5706],
  [10, 2.2281],
  [30, 2.0423],
  [99, 1.9842],
  [Infinity, 1.96],
])("Student's t with %d degrees of freedom", (freedom, quantile) => {
  expect(studentQuantile(freedom)).toBeCloseTo(quantile, 2);
});

describe("[TK55] intervals hold the truth in about 95 of 100 cases", () => {
  const DRAWS = 1000;
  const rng = createRng(5);
  const exponential = (mean: number): number => -mean * Math.log(1 - rng.next());
  /** Events of a steady rate over a span. */
  const count = (expected: number): number => {
    let events = 0;
    for (let at = exponential(1); at < expected; at += exponential(1)) events++;
    return events;
  };
  /** Half an hour in the mean; one viewer in five has a line on which it stalls six times as often as the others. */
  const stalls = (perHour: number): Sample => {
    const x = exponential(0.5);
    return { x, y: count(perHour * x * (rng.next() < 0.2 ? 3 : 0.5)) };
  };
  /** Skewed as start-ups are: twice the sum of two waits. */
  const startUp = (meanMs: number): Sample => ({ x: 1, y: exponential(meanMs / 2) + exponential(meanMs / 2) });

  test.each<[string, (rate: number) => Sample, number, number, number, number]>([
    ["stalls per hour", stalls, 2, 4, SESSIONS_MIN, 0.92],
    ["stalls per hour", stalls, 2, 4, 4 * SESSIONS_MIN, 0.935],
    ["start-up", startUp, 1500, 1800, SESSIONS_MIN, 0.93],
  ])("%s", (_, draw, sharing, holdOut, sessions, leastShare) => {
    let [heldGroup, heldDifference] = [0, 0];
    for (let index = 0; index < DRAWS; index++) {
      const few = many(sessions, () => draw(holdOut));
      const group = estimateRatio(few);
      const difference = estimateDifference(
        many(3 * sessions, () => draw(sharing)),
        few,
      );
      if (group && Math.abs(group.value - holdOut) <= group.margin) heldGroup++;
      if (difference && Math.abs(difference.value - (sharing - holdOut)) <= difference.margin) heldDifference++;
    }
    for (const held of [heldGroup, heldDifference]) {
      expect(held / DRAWS).toBeGreaterThan(leastShare);
      expect(held / DRAWS).toBeLessThan(0.97);
    }
  });
});
