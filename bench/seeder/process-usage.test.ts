import { expect, test } from "vitest";
import { cpuSecondsIn, cpuSecondsOf } from "./process-usage.ts";

test("what Linux says of a thread", () => {
  expect(cpuSecondsIn("1250000000 44366 12\n")).toBe(1.25);
});

test("what this process has used, all threads together", () => {
  const { user, system } = process.cpuUsage();
  expect(cpuSecondsOf(process.pid)).toBeGreaterThan(0.9 * ((user + system) / 1e6));
});
