import { LIVE, type Plan } from "../model/plan.ts";
import { planOf, type Scenario } from "../scenario.ts";

/** A stream whose playlists are signed, as all are that attackers are set upon. */
export const SIGNED: Plan = { ...LIVE, proof: "roots" };

export const forger: Scenario = {
  name: "forger",
  question: "What harm does one do among fifty who alters every byte that it sends?",
  comparedWith: "nobody-means-harm",
  plan: (asked) =>
    planOf(
      {
        ...SIGNED,
        ...{ scenario: "forger", viewers: 51, sessionSeconds: Infinity, measuredSeconds: 60 },
        // It forges from the first second on, and is cut off before a usual warm-up ends.
        warmupSeconds: 8,
        mischief: { kinds: ["forger"], who: { index: 5 } },
      },
      asked,
    ),
};
