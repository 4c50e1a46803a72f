import { LIVE } from "../model/plan.ts";
import { planOf, type Scenario } from "../scenario.ts";
import { SEEDER } from "./seeder.ts";

export const seederGone: Scenario = {
  name: "seeder-gone",
  question: "What if the seeder dies at half time, and another never was one?",
  plan: (asked) => {
    const plan = planOf({ ...LIVE, scenario: "seeder-gone", viewers: 20 }, asked);
    const mortal = { ...SEEDER, goneAtSecond: plan.measuredSeconds / 2 };
    return { ...plan, seeders: [mortal, { ...SEEDER, isIdle: true }] };
  },
};
