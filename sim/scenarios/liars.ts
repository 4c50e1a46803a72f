import { LIVE } from "../model/plan.ts";
import { planOf, type Scenario } from "../scenario.ts";

export const liars: Scenario = {
  name: "liars",
  question: "What harm do 20 % do who promise everything and send nothing?",
  plan: (asked) => planOf({ ...LIVE, scenario: "liars", mischief: { kinds: ["liar"], who: { share: 0.2 } } }, asked),
};
