import { planOf, type Scenario } from "../scenario.ts";
import { SIGNED } from "./forger.ts";

export const replayers: Scenario = {
  name: "replayers",
  question: "What harm do 20 % do who send the segment before instead of the one asked for?",
  comparedWith: "nobody-means-harm",
  plan: (asked) =>
    planOf({ ...SIGNED, scenario: "replayers", mischief: { kinds: ["replayer"], who: { share: 0.2 } } }, asked),
};
