/** One run in a process of its own, so that its memory is its own: gets a plan, sends back the result, and ends. */
import { hostOf } from "./host.ts";
import type { Plan } from "./model/plan.ts";
import { simulate } from "./model/simulator.ts";

process.once("message", (plan: Plan) => {
  process.send?.(simulate(plan, hostOf()), () => {
    process.disconnect();
  });
});
