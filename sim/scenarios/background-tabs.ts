import { LIVE } from "../model/plan.ts";
import { planOf, type Scenario } from "../scenario.ts";

export const backgroundTabs: Scenario = {
  name: "background-tabs",
  question: "Are half of the viewers of use in hidden tabs, whose timers run once a second?",
  plan: (asked) => planOf({ ...LIVE, scenario: "background-tabs", hiddenShare: 0.5 }, asked),
};
