/** Runs plans in processes of their own, as many at a time as there are cores. Knows nothing of what is in them. */
import { fork, type ChildProcess } from "node:child_process";
import { availableParallelism } from "node:os";
import type { RunResult } from "./model/figures.ts";
import type { Plan } from "./model/plan.ts";

export type Runner = (plan: Plan) => Promise<RunResult>;

/** `worker` is the path of the bundled worker.ts. */
export function createPool(worker: string): Runner {
  let idle = availableParallelism();
  const waiting: (() => void)[] = [];
  return async (plan) => {
    if (idle > 0) idle--;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await runApart(worker, plan);
    } finally {
      const next = waiting.shift();
      if (next) next();
      else idle++;
    }
  };
}

function runApart(worker: string, plan: Plan): Promise<RunResult> {
  return new Promise((resolve, reject) => {
    // Plans may say Infinity, which JSON cannot.
    const child: ChildProcess = fork(worker, { serialization: "advanced" });
    child.once("message", (result: RunResult) => {
      resolve(result);
    });
    child.once("error", reject);
    child.once("exit", (code) => {
      reject(new Error(`the run of ${plan.scenario}, seed ${plan.seed}, ended with ${String(code)}`));
    });
    child.send(plan);
  });
}
