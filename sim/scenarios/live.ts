import { LIVE } from "../model/plan.ts";
import { planOf, type Scenario } from "../scenario.ts";

export const live: Scenario = {
  name: "live",
  question: "How close does an everyday live stream come to its bound?",
  plan: (asked) => planOf({ ...LIVE, scenario: "live" }, asked),
};
