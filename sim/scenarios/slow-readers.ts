import { planOf, type Scenario } from "../scenario.ts";
import { SIGNED } from "./forger.ts";

export const slowReaders: Scenario = {
  name: "slow-readers",
  question: "What harm do 20 % do who take everything and acknowledge nothing?",
  comparedWith: "nobody-means-harm",
  plan: (asked) =>
    planOf({ ...SIGNED, scenario: "slow-readers", mischief: { kinds: ["slow-reader"], who: { share: 0.2 } } }, asked),
};
