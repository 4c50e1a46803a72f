import { planOf, type Scenario } from "../scenario.ts";
import { SIGNED } from "./forger.ts";

export const stallers: Scenario = {
  name: "stallers",
  question: "What harm do 20 % do who promise everything, take every request and let it wait?",
  comparedWith: "cdn-only",
  plan: (asked) =>
    planOf({ ...SIGNED, scenario: "stallers", mischief: { kinds: ["staller"], who: { share: 0.2 } } }, asked),
};
