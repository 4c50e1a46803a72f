import { expect, test } from "vitest";
import { UsageError } from "../command-line.ts";
import { parseOptions } from "./options.ts";
import { SCRIPTS } from "./scripts.ts";

test("all scripts by default, or those that are named, in that order", () => {
  expect(parseOptions([])).toEqual({ scripts: SCRIPTS, json: false });
  const { scripts, json } = parseOptions(["--scripts", "dribble,steady", "--json"]);
  expect(scripts.map(({ name }) => name)).toEqual(["dribble", "steady"]);
  expect(json).toBe(true);
});

test("peers may be set for all scripts at once", () => {
  const { scripts } = parseOptions(["--peers-mbps", "2.5"]);
  expect(new Set(scripts.map(({ seederBitsPerSecond }) => seederBitsPerSecond))).toEqual(new Set([2_500_000]));
});

test.each([
  ["--scripts", "step-sideways"],
  ["--scripts", ""],
  ["--peers-mbps", "0"],
  ["--peers-mbps", "x"],
  ["--fast"],
])("%s %s is refused", (...args) => {
  expect(() => parseOptions(args)).toThrow(UsageError);
});

test("every script has the CDN from the start, and ends after its last step", () => {
  for (const { cdn, seconds } of SCRIPTS) {
    expect(cdn[0]?.atSeconds).toBe(0);
    expect(cdn.at(-1)?.atSeconds).toBeLessThan(seconds);
  }
});
