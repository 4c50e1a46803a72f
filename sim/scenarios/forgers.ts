import { planOf, type Scenario } from "../scenario.ts";
import { SIGNED } from "./forger.ts";

export const forgers: Scenario = {
  name: "forgers",
  question: "What is left of the offload when 20 % alter what they send?",
  comparedWith: "nobody-means-harm",
  plan: (asked) =>
    planOf(
      {
        ...{ ...SIGNED, scenario: "forgers" },
        mischief: { kinds: ["forger", "hash-forger", "flipper"], who: { share: 0.2 } },
      },
      asked,
    ),
};
