import { expect, test } from "vitest";
import { LIVE } from "../../sim/model/plan.ts";
import { parseOptions } from "./options.ts";
import { planOf, populationOf } from "./plan.ts";

const optionsOf = (line: string) => parseOptions(line.split(" ").filter((word) => word !== ""));

test("the simulator is told everything that a viewer's path has here, and nothing that it has not", () => {
  const plan = planOf(optionsOf("--viewers 8 --rtt-ms 100 --loss-pct 0.5 --seconds 30 --behind-seconds 8 --seed 3"));
  expect(plan).toMatchObject({ viewers: 8, seed: 3, measuredSeconds: 30, sessionSeconds: Infinity });
  expect(plan.media).toEqual({ type: "live", behindSeconds: 8 });
  expect(plan.network).toMatchObject({ roundTripMsMin: 100, roundTripMsMax: 100, lossShare: 0.005, symmetricShare: 0 });
  expect(plan.network.queueMs).toBe(LIVE.network.queueMs);
});

test("the same seed is the same population, another one another", () => {
  const population = populationOf(optionsOf("--viewers 16 --seed 5"));
  expect(populationOf(optionsOf("--viewers 16 --seed 5"))).toEqual(population);
  expect(populationOf(optionsOf("--viewers 16 --seed 6"))).not.toEqual(population);
});

test("who must not upload has a line that carries requests", () => {
  const population = populationOf(optionsOf("--uplinks none --viewers 4 --bitrate-mbps 5"));
  expect(population.map(({ uploadBitsPerSecond }) => uploadBitsPerSecond)).toEqual([0, 0, 0, 0]);
  expect(population.map(({ uplinkBitsPerSecond }) => uplinkBitsPerSecond)).toEqual([1e6, 1e6, 1e6, 1e6]);
});

test("uplinks are multiples of the stream's rate", () => {
  for (const { uploadBitsPerSecond, uplinkBitsPerSecond } of populationOf(
    optionsOf("--uplinks edge --bitrate-mbps 2"),
  )) {
    expect(uploadBitsPerSecond).toBeCloseTo(2.3e6);
    expect(uplinkBitsPerSecond).toBe(uploadBitsPerSecond);
  }
});

test.each([
  ["--viewers 4 --witnesses 0", "...."],
  ["--viewers 4 --witnesses 1", "...W"],
  ["--viewers 16 --witnesses 2", ".......W.......W"],
  ["--viewers 3 --witnesses 3", "WWW"],
])("%s: witnesses are spread evenly", (line, picture) => {
  expect(
    populationOf(optionsOf(line))
      .map(({ isWitness }) => (isWitness ? "W" : "."))
      .join(""),
  ).toBe(picture);
});
