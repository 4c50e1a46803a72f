import { expect, test } from "vitest";
import { TokenBucket } from "./token-bucket.ts";

const MEGABIT = 1_000_000;

test("a burst goes at once, what follows at the rate", () => {
  const bucket = new TokenBucket(8 * MEGABIT, 2000, 0); // 1000 bytes a millisecond
  expect(bucket.waitMs(0)).toBe(0);
  bucket.spend(5000);
  expect(bucket.waitMs(0)).toBe(3);
  expect(bucket.waitMs(1)).toBe(2);
  expect(bucket.waitMs(3)).toBe(0);
});

test("idling saves up no more than a burst", () => {
  const bucket = new TokenBucket(8 * MEGABIT, 2000, 0);
  expect(bucket.waitMs(1_000_000)).toBe(0);
  bucket.spend(4000);
  expect(bucket.waitMs(1_000_000)).toBe(2);
});
