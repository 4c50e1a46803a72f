import { expect, test } from "vitest";
import { Ranges } from "./time-ranges.ts";

const textOf = (ranges: Ranges): string =>
  Array.from({ length: ranges.length }, (_, i) => `${ranges.start(i)}-${ranges.end(i)}`).join(" ");

test("what touches becomes one, in whatever order it comes", () => {
  const ranges = new Ranges().with(8, 12).with(0, 4).with(4.1, 8);
  expect(textOf(ranges)).toBe("0-12");
  expect(textOf(ranges.with(20, 24))).toBe("0-12 20-24");
});

test("what is removed leaves its neighbours", () => {
  expect(textOf(new Ranges([[0, 12]]).without(4, 8))).toBe("0-4 8-12");
  expect(textOf(new Ranges([[0, 12]]).without(-1, 20))).toBe("");
});

test("sound and pictures are buffered where both are", () => {
  const sound = new Ranges([
    [0, 5],
    [7, 9],
  ]);
  expect(textOf(sound.and(new Ranges([[4, 8]])))).toBe("4-5 7-8");
});

test("the end of what plays at a position, unless it is in a hole", () => {
  const ranges = new Ranges([
    [0, 4],
    [6, 8],
  ]);
  expect(ranges.endOf(2)).toBe(4);
  expect(ranges.endOf(5.9)).toBe(8);
  expect(ranges.endOf(5)).toBeUndefined();
});
