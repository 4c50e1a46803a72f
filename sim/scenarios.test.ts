import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { SCENARIOS } from "./scenarios.ts";

test("every file of sim/scenarios is on the list, under its name", () => {
  const files = readdirSync(new URL("scenarios", import.meta.url)).map((file) => file.replace(/\.ts$/, ""));
  expect(SCENARIOS.map(({ name }) => name).sort()).toEqual(files.sort());
});

test.each(SCENARIOS)("$name asks one question and plans a run that makes sense", ({ name, question, plan }) => {
  expect(question).toMatch(/^[A-Z][^.?]*\?$/);
  const usual = plan({});
  expect(usual.scenario).toBe(name);
  expect(usual.warmupSeconds + usual.measuredSeconds).toBeGreaterThan(60);
  for (const share of [usual.initialShare, usual.hiddenShare, usual.origin.slowShare]) {
    expect(share).toBeGreaterThanOrEqual(0);
    expect(share).toBeLessThanOrEqual(1);
  }
  const { fromSecond, toSecond } = usual.arrivals;
  expect(fromSecond).toBeLessThanOrEqual(toSecond);
  expect(toSecond).toBeLessThan(usual.measuredSeconds);
  if (usual.media.type === "live") expect(usual.media.behindSeconds).toBeGreaterThanOrEqual(usual.segmentSeconds);
  else expect(usual.media.lengthSeconds).toBeGreaterThan(usual.measuredSeconds);
});

test.each(SCENARIOS)("$name: what is asked for wins, and its faults fit into any length", ({ plan }) => {
  const asked = {
    seed: 9,
    viewers: 33,
    uplinks: "poor",
    bitsPerSecond: 1e6,
    sessionSeconds: 77,
    measuredSeconds: 30,
  } as const;
  const changed = plan({ ...asked, behindSeconds: 20, lossShare: 0.01, tuning: { pipelineMax: 4 } });
  expect(changed).toMatchObject({ ...asked, network: { lossShare: 0.01 }, tuning: { pipelineMax: 4 } });
  if (changed.media.type === "live") expect(changed.media.behindSeconds).toBe(20);
  for (const { fromSecond, toSecond } of changed.faults) {
    expect(fromSecond).toBeGreaterThan(0);
    expect(toSecond).toBeGreaterThan(fromSecond);
    expect(toSecond).toBeLessThan(30);
  }
});
