import { expect, test } from "vitest";
import { medianOf } from "./medians.ts";

test.each([
  [[3], 3],
  [[9, 1, 2], 2],
  [[4, 1, 10, 2], 3],
  [[-1, 10, 2], 2],
])("the median of %j is %d", (values, median) => {
  expect(medianOf(values)).toBe(median);
});
