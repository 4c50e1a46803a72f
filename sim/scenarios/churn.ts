import { LIVE } from "../model/plan.ts";
import { planOf, type Scenario } from "../scenario.ts";

export const churn: Scenario = {
  name: "churn",
  question: "What is left when viewers stay for a minute only?",
  plan: (asked) => planOf({ ...LIVE, scenario: "churn", sessionSeconds: 60 }, asked),
};
