/** The simulator's figures of the same run. */
import type { Figures } from "../../sim/model/figures.ts";
import { simulate } from "../../sim/model/simulator.ts";
import type { BenchOptions } from "./options.ts";
import { planOf } from "./plan.ts";

export const predict = (options: BenchOptions): Figures =>
  simulate(planOf(options), {
    now: () => performance.now(),
    rssMb: () => process.memoryUsage.rss() / 2 ** 20,
  }).figures;
