import { LIVE, VOD } from "../model/plan.ts";
import { planOf, type Scenario } from "../scenario.ts";
import { SEEDER } from "./seeder.ts";

export const seederVod: Scenario = {
  name: "seeder-vod",
  question: "What does one seeder do for ten viewers anywhere in a title who now and then jump?",
  plan: (asked) =>
    planOf(
      {
        ...LIVE,
        scenario: "seeder-vod",
        viewers: 10,
        uplinks: "none",
        media: { ...VOD, seekEverySeconds: 200 },
        sessionSeconds: Infinity,
        seeders: [SEEDER],
      },
      asked,
    ),
};
