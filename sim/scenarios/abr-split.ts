import { LIVE } from "../model/plan.ts";
import { planOf, type Scenario } from "../scenario.ts";

export const abrSplit: Scenario = {
  name: "abr-split",
  question: "What does it cost that viewers watch three different renditions?",
  plan: (asked) => planOf({ ...LIVE, scenario: "abr-split", renditions: [0.5, 1, 1.5] }, asked),
};
