import { LIVE } from "../model/plan.ts";
import { planOf, type Scenario } from "../scenario.ts";

export const uplinkCollapse: Scenario = {
  name: "uplink-collapse",
  question: "What if half of the viewers lose nine tenths of their uplink for a while?",
  plan: (asked) => {
    const plan = planOf({ ...LIVE, scenario: "uplink-collapse" }, asked);
    const third = plan.measuredSeconds / 3;
    const span = { fromSecond: third, toSecond: 2 * third };
    return { ...plan, faults: [{ type: "uplink-collapse", share: 0.5, factor: 0.1, ...span }] };
  },
};
