import { expect, test } from "vitest";
import { Ewma } from "./ewma.ts";

test("stands at its initial value until the first sample replaces it outright", () => {
  const rate = new Ewma(1000, 0.2);
  expect([rate.mean, rate.hasSamples]).toEqual([1000, false]);
  rate.add(40);
  expect([rate.mean, rate.deviation, rate.hasSamples]).toEqual([40, 20, true]);
});

test("moves by its weight towards each further sample", () => {
  const rate = new Ewma(0, 0.25);
  for (const sample of [100, 200, 100]) rate.add(sample);
  expect(rate.mean).toBe(100 + 25 - 0.25 * 25);
});

test("comes to rest at a constant, with no deviation left", () => {
  const rate = new Ewma(0, 0.2);
  rate.add(500);
  for (let i = 0; i < 100; i++) rate.add(80);
  expect(rate.mean).toBeCloseTo(80, 3);
  expect(rate.deviation).toBeCloseTo(0, 2);
});
