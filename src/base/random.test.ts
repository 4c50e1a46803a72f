import { describe, expect, test } from "vitest";
import { createRng, hash32, hashHex } from "./random.ts";

const draw = (rng: { next(): number }, count: number): number[] => Array.from({ length: count }, () => rng.next());

describe("a source of chance", () => {
  test("replays from its seed", () => {
    expect(draw(createRng(42), 100)).toEqual(draw(createRng(42), 100));
    expect(draw(createRng(42), 3)).not.toEqual(draw(createRng(43), 3));
  });

  test("forks by name, whatever was drawn before", () => {
    const parent = createRng(7);
    const early = parent.fork("alice");
    draw(parent, 10);
    expect(draw(parent.fork("alice"), 20)).toEqual(draw(early, 20));
    expect(draw(parent.fork("bob"), 3)).not.toEqual(draw(parent.fork("alice"), 3));
  });

  test("a fork does not disturb its parent", () => {
    const [plain, forking] = [createRng(7), createRng(7)];
    draw(forking.fork("alice"), 50);
    expect(draw(forking, 20)).toEqual(draw(plain, 20));
  });

  test("is uniform in [0, 1)", () => {
    const bins = new Array<number>(16).fill(0);
    const rng = createRng(1);
    for (let i = 0; i < 16_000; i++) {
      const drawn = rng.next();
      expect(drawn).toBeGreaterThanOrEqual(0);
      expect(drawn).toBeLessThan(1);
      const bin = Math.floor(drawn * 16);
      bins[bin] = (bins[bin] ?? 0) + 1;
    }
    // Chi-square with 15 degrees of freedom: 99.9 % of fair sources stay below 37.7.
    const chiSquare = bins.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
    expect(chiSquare).toBeLessThan(37.7);
  });

  test("one draw tells nothing of the next", () => {
    const rng = createRng(3);
    const pairs = Array.from({ length: 20_000 }, () => [rng.next() - 0.5, rng.next() - 0.5] as const);
    const covariance = pairs.reduce((sum, [a, b]) => sum + a * b, 0) / pairs.length;
    expect(Math.abs(covariance)).toBeLessThan(0.0025); // 1/12 would be one and the same; four deviations are 0.0024
  });
});

describe("a hash", () => {
  test("does not change between releases: viewers of two versions must agree on lots", () => {
    expect([hash32(""), hash32("a"), hash32("a", 1), hash32("\u20ac")]).toMatchInlineSnapshot(`
      [
        2872998923,
        2448022055,
        2846982552,
        2449334131,
      ]
    `);
    expect(hashHex("content", 2)).toMatchInlineSnapshot(`"c5fdb6c060c720e3"`);
  });

  test("spreads texts that differ in one character over all 32 bits", () => {
    const ones = new Array<number>(32).fill(0);
    for (let i = 0; i < 4000; i++)
      for (let bit = 0; bit < 32; bit++) ones[bit] = (ones[bit] ?? 0) + ((hash32(`segment ${String(i)}`) >>> bit) & 1);
    for (const count of ones) expect(Math.abs(count - 2000)).toBeLessThan(130); // four deviations
  });
});
