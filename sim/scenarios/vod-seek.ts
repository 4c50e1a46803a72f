import { VOD } from "../model/plan.ts";
import { planOf, type Scenario } from "../scenario.ts";
import { SCATTERED } from "./vod.ts";

export const vodSeek: Scenario = {
  name: "vod-seek",
  question: "And when each of them jumps elsewhere every 200 s?",
  plan: (asked) => planOf({ ...SCATTERED, scenario: "vod-seek", media: { ...VOD, seekEverySeconds: 200 } }, asked),
};
