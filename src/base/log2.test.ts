import { expect, test } from "vitest";
import { log2Of } from "./log2.ts";

test("is within 0.01 of the logarithm over all of (0, 1]", () => {
  let worst = 0;
  for (let i = 1; i <= 20_000; i++)
    for (const x of [i / 20_000, 1 / i]) worst = Math.max(worst, Math.abs(log2Of(x) - Math.log2(x)));
  expect(worst).toBeLessThan(0.01);
});

test("is exact at powers of two, so that borders do not drift", () => {
  for (let exponent = 0; exponent <= 31; exponent++) expect(log2Of(1 / 2 ** exponent) + exponent).toBe(0);
});

test("never falls while its argument rises: an earlier lot is never a later timer", () => {
  const logs = Array.from({ length: 100_000 }, (_, i) => log2Of((i + 1) / 100_000));
  expect(logs.filter((log, i) => log < (logs[i - 1] ?? -Infinity))).toEqual([]);
});

test.each([
  ["nothing", 0, -31],
  ["less than can be told from nothing", 1e-12, -31],
  ["one", 1, 0],
  ["more than one", 1.5, 0],
])("is clipped at its ends: %s", (_, x, log) => {
  expect(log2Of(x)).toBe(log);
});
