import { LIVE, ORIGIN } from "../model/plan.ts";
import { planOf, type Scenario } from "../scenario.ts";

export const slowCdn: Scenario = {
  name: "slow-cdn",
  question: "Does a second request save whoever meets one of the 10 % that take 2 s longer?",
  plan: (asked) =>
    planOf({ ...LIVE, scenario: "slow-cdn", origin: { ...ORIGIN, slowShare: 0.1, slowMs: 2000 } }, asked),
};
