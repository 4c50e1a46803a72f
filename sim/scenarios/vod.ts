import { LIVE, VOD, type Plan } from "../model/plan.ts";
import { planOf, type Scenario } from "../scenario.ts";

export const vod: Scenario = {
  name: "vod",
  question: "Do viewers scattered over a title find each other?",
  plan: (asked) => planOf(SCATTERED, asked),
};

/** Viewers of a title of 20 minutes, each somewhere else. */
export const SCATTERED: Plan = {
  ...LIVE,
  scenario: "vod",
  viewers: 200,
  media: VOD,
  // Until somebody has watched for a while nobody has anything to give to those behind.
  warmupSeconds: 90,
};
