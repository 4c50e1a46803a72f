import { VOD } from "../model/plan.ts";
import { planOf, type Scenario } from "../scenario.ts";
import { SCATTERED } from "./vod.ts";

export const premiere: Scenario = {
  name: "premiere",
  question: "What does a title cost whose viewers all come within its first minute and stay?",
  plan: (asked) =>
    planOf(
      {
        ...SCATTERED,
        scenario: "premiere",
        media: { ...VOD, spread: 0 },
        sessionSeconds: Infinity,
        // Everything counts, from the first viewer's first segment on; so a start weighs what it weighs in ten minutes.
        warmupSeconds: 0,
        measuredSeconds: 600,
        initialShare: 0,
        arrivals: { fromSecond: 0, toSecond: 60 },
      },
      asked,
    ),
};
