import { LIVE } from "../model/plan.ts";
import { planOf, type Scenario } from "../scenario.ts";

/** A small server: it feeds twenty viewers on its own. */
export const SEEDER = { uplink: 25, linksMax: 100, isIdle: false, goneAtSecond: Infinity };

export const seeder: Scenario = {
  name: "seeder",
  question: "What does one seeder do for ten viewers without any uplink?",
  plan: (asked) =>
    planOf(
      { ...LIVE, scenario: "seeder", viewers: 10, uplinks: "none", sessionSeconds: Infinity, seeders: [SEEDER] },
      asked,
    ),
};
