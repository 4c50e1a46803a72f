import { LIVE, NETWORK } from "../model/plan.ts";
import { planOf, type Scenario } from "../scenario.ts";

export const partition: Scenario = {
  name: "partition",
  question: "What if two halves of the swarm cannot reach each other and the tracker does not know?",
  plan: (asked) => planOf({ ...LIVE, scenario: "partition", network: { ...NETWORK, groups: 2 } }, asked),
};
