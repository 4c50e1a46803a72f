/** What a process on this machine has used, whatever it is written in. Linux. */
import { readdirSync, readFileSync } from "node:fs";
import type { Usage } from "./figures.ts";

export function usageOf(pid: number): Usage {
  const tasks = readdirSync(`/proc/${pid}/task`).map((task) => readFileSync(`/proc/${pid}/task/${task}/schedstat`, "utf8"));
  return {
    cpuSeconds: tasks.reduce((sum, text) => sum + cpuSecondsIn(text), 0),
    rssBytes: rssBytesIn(readFileSync(`/proc/${pid}/status`, "utf8")),
  };
}

/**
 * Of one thread. Counted in nanoseconds, where `stat` has ticks of 10 ms, which a worker of nginx may not fill in a run.
 * Threads that ended are not in it: neither nginx nor a seeder has any that do.
 */
export const cpuSecondsIn = (schedstat: string): number => Number(schedstat.split(" ")[0]) / 1e9;

export const rssBytesIn = (status: string): number => Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
