import { expect, test } from "vitest";
import { median, percentile, sum } from "./statistics.ts";

test("the median of an odd and an even count", () => {
  expect(median([9, 1, 5])).toBe(5);
  expect(median([9, 1, 5, 3])).toBe(4);
  expect(median([])).toBeNull();
});

test("a percentile is a value that was measured", () => {
  expect(percentile([40, 10, 30, 20], 0.5)).toBe(20);
  expect(percentile([40, 10, 30, 20], 0.95)).toBe(40);
  expect(percentile([7], 0)).toBe(7);
  expect(percentile([], 0.95)).toBeNull();
});

test("a sum of nothing is 0", () => {
  expect(sum([])).toBe(0);
  expect(sum([1, 2, 3])).toBe(6);
});
