import { LIVE } from "../model/plan.ts";
import { planOf, type Scenario } from "../scenario.ts";

export const flashCrowd: Scenario = {
  name: "flash-crowd",
  question: "What does it cost when ten times as many come within 30 s?",
  plan: (asked) =>
    planOf(
      {
        ...LIVE,
        scenario: "flash-crowd",
        // Those who came for the event stay for it.
        sessionSeconds: Infinity,
        initialShare: 0.1,
        arrivals: { fromSecond: 0, toSecond: 30 },
      },
      asked,
    ),
};
