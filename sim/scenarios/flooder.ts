import { planOf, type Scenario } from "../scenario.ts";
import { SIGNED } from "./forger.ts";

export const flooder: Scenario = {
  name: "flooder",
  question: "What does one in twenty get who asks for everything without end?",
  comparedWith: "nobody-means-harm",
  plan: (asked) =>
    planOf({ ...SIGNED, scenario: "flooder", mischief: { kinds: ["flooder"], who: { share: 0.05 } } }, asked),
};
