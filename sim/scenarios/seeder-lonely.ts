import { LIVE } from "../model/plan.ts";
import { planOf, type Scenario } from "../scenario.ts";
import { SEEDER } from "./seeder.ts";

export const seederLonely: Scenario = {
  name: "seeder-lonely",
  question: "How much of the CDN does a lone viewer need beside a seeder?",
  plan: (asked) =>
    planOf({ ...LIVE, scenario: "seeder-lonely", viewers: 1, sessionSeconds: Infinity, seeders: [SEEDER] }, asked),
};
