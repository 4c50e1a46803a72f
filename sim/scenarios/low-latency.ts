import { LIVE } from "../model/plan.ts";
import { planOf, type Scenario } from "../scenario.ts";

export const lowLatency: Scenario = {
  name: "low-latency",
  question: "How much can still be shared when players sit right behind the live edge?",
  plan: (asked) =>
    planOf({ ...LIVE, scenario: "low-latency", segmentSeconds: 2, media: { type: "live", behindSeconds: 4 } }, asked),
};
