import { LIVE } from "../model/plan.ts";
import { planOf, type Scenario } from "../scenario.ts";

export const noChurn: Scenario = {
  name: "no-churn",
  question: "How many copies of a segment leave the origin when nobody comes or goes?",
  plan: (asked) => planOf({ ...LIVE, scenario: "no-churn", sessionSeconds: Infinity }, asked),
};
