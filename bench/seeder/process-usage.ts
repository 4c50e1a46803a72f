/** What a process on this machine has used, whatever it is written in. Linux. */
import { readdirSync, readFileSync } from "node:fs";

/** CPU seconds of all its threads since it started. */
export const cpuSecondsOf = (pid: number): number =>
  readdirSync(`/proc/${pid}/task`)
    .map((task) => cpuSecondsIn(readFileSync(`/proc/${pid}/task/${task}/schedstat`, "utf8")))
    .reduce((sum, seconds) => sum + seconds, 0);

/**
 * Of one thread. Counted in nanoseconds, where `stat` has ticks of 10 ms, which a worker of nginx may not fill in a run.
 * Threads that ended are not in it: neither nginx nor a seeder has any that do.
 */
export const cpuSecondsIn = (schedstat: string): number => Number(schedstat.split(" ")[0]) / 1e9;
