import { expect, test } from "vitest";
import { createBitmap, hasBit, setBit } from "./bitmap.ts";

test("holds exactly what was set, bit 0 of byte 0 being 0", () => {
  const bits = createBitmap(20);
  for (const index of [0, 7, 8, 19]) setBit(bits, index);
  expect([...bits]).toEqual([0b1000_0001, 0b1, 0b1000]);
  expect(Array.from({ length: 24 }, (_, index) => index).filter((index) => hasBit(bits, index))).toEqual([0, 7, 8, 19]);
});

test.each([
  [0, 0],
  [1, 1],
  [8, 1],
  [9, 2],
])("%i bits take %i bytes", (size, bytes) => {
  expect(createBitmap(size).byteLength).toBe(bytes);
});

test("says no past its end", () => {
  expect(hasBit(createBitmap(8), 8)).toBe(false);
});
