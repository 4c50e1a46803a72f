import { LIVE } from "../model/plan.ts";
import { planOf, type Scenario } from "../scenario.ts";

export const cdnOutage: Scenario = {
  name: "cdn-outage",
  question: "How much of an origin that fails for 10 s do viewers notice?",
  plan: (asked) => {
    const plan = planOf({ ...LIVE, scenario: "cdn-outage" }, asked);
    const fromSecond = plan.measuredSeconds / 3;
    return { ...plan, faults: [{ type: "origin-outage", status: 503, fromSecond, toSecond: fromSecond + 10 }] };
  },
};
