import { planOf, type Scenario } from "../scenario.ts";
import { SIGNED } from "./forger.ts";

export const sybils: Scenario = {
  name: "sybils",
  question: "Does a swarm that is four fifths false play as well as the CDN alone?",
  comparedWith: "cdn-only",
  plan: (asked) =>
    planOf({ ...SIGNED, scenario: "sybils", mischief: { kinds: ["sybil"], who: { share: 0.8 } } }, asked),
};
