import { LIVE, NETWORK } from "../model/plan.ts";
import { planOf, type Scenario } from "../scenario.ts";

export const regions: Scenario = {
  name: "regions",
  question: "How much of a stream watched in five parts of the world stays in its part?",
  plan: (asked) =>
    planOf({ ...LIVE, scenario: "regions", viewers: 500, network: { ...NETWORK, regions: FIVE } }, asked),
};

/** A country or a neighbour of it each; between them an ocean, or a continent. */
const FIVE = {
  count: 5,
  withinMsMin: 10,
  withinMsMax: 30,
  betweenMsMin: 80,
  betweenMsMax: 180,
  isTold: true,
};
