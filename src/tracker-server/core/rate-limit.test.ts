import { expect, test } from "vitest";
import { TokenBucket } from "./rate-limit.ts";

test("a bucket allows a burst, and then what refills", () => {
  const bucket = new TokenBucket(0, { burst: 3, perSecond: 2 });
  expect([1, 2, 3, 4].map(() => bucket.take(0))).toEqual([true, true, true, false]);
  expect(bucket.readyInMs(0)).toBe(500);
  expect(bucket.take(499)).toBe(false);
  expect(bucket.take(500)).toBe(true);
  expect(bucket.take(500)).toBe(false);
});

test("a bucket never holds more than its burst, however long nobody takes", () => {
  const bucket = new TokenBucket(0, { burst: 3, perSecond: 2 });
  expect(bucket.available(3_600_000)).toBe(3);
});

test("a bucket gives all that is asked, or nothing", () => {
  const bucket = new TokenBucket(0, { burst: 3, perSecond: 1 });
  expect(bucket.take(0, 4)).toBe(false);
  expect(bucket.take(0, 3)).toBe(true);
});
