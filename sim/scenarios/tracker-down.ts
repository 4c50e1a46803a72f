import { LIVE } from "../model/plan.ts";
import { planOf, type Scenario } from "../scenario.ts";

export const trackerDown: Scenario = {
  name: "tracker-down",
  question: "What if the tracker is gone for half of the time?",
  plan: (asked) => {
    const plan = planOf({ ...LIVE, scenario: "tracker-down" }, asked);
    const quarter = plan.measuredSeconds / 4;
    return { ...plan, faults: [{ type: "tracker-down", fromSecond: quarter, toSecond: 3 * quarter }] };
  },
};
