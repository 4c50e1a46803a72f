import { expect, test } from "vitest";
import { cpuSecondsIn, rssBytesIn } from "./process-usage.ts";

test("what Linux says of a thread and of a process", () => {
  expect(cpuSecondsIn("1250000000 44366 12\n")).toBe(1.25);
  expect(rssBytesIn("Name:\tnginx\nVmHWM:\t    9000 kB\nVmRSS:\t    2048 kB\nThreads:\t1\n")).toBe(2 * 1024 * 1024);
});
