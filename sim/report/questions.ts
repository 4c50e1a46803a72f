/** What the report asks the simulator, and what each answer has to be. */
import { WITHIN_REGION_MIN } from "../checkers.ts";
import type { Plan, UplinkMix } from "../model/plan.ts";
import type { Asked, Scenario } from "../scenario.ts";
import { REPORTED } from "../scenarios.ts";
import { live } from "../scenarios/live.ts";
import { lowLatency } from "../scenarios/low-latency.ts";
import { noChurn } from "../scenarios/no-churn.ts";
import { regions } from "../scenarios/regions.ts";

export interface Question {
  readonly table: "live" | "no-churn" | "scenarios";
  readonly scenario: Scenario;
  readonly asked: Asked;
  readonly aim?: Aim | undefined;
}

export type Aim =
  | { readonly figure: "offloadOfBound"; readonly least: number }
  | { readonly figure: "peerBytesWithinRegion"; readonly least: number }
  | { readonly figure: "copiesPerSegment"; readonly most: number };

export const planFor = ({ scenario, asked }: Question, seed: number): Plan => scenario.plan({ ...asked, seed });

/** As it would be typed. */
export function commandFor({ scenario, asked }: Question): string {
  const options = [
    asked.uplinks && `--uplinks ${asked.uplinks}`,
    asked.viewers && `--viewers ${asked.viewers}`,
    asked.segmentSeconds && `--segment-seconds ${asked.segmentSeconds}`,
    asked.behindSeconds && `--behind-seconds ${asked.behindSeconds}`,
    asked.isRegionTold === false && "--no-geo",
  ];
  return [scenario.name, ...options.filter((option) => typeof option === "string")].join(" ");
}

export function questionsUpTo(viewersMax: number): readonly Question[] {
  return [...everyday(), ...still(), ...everyScenario()].filter(
    ({ asked }) => asked.viewers === undefined || asked.viewers <= viewersMax,
  );
}

const everyday = (): readonly Question[] =>
  EVERYDAY.flatMap(({ uplinks, aims }) =>
    aims.map(([viewers, least]) => ({
      table: "live",
      scenario: live,
      asked: { uplinks, viewers },
      aim: { figure: "offloadOfBound", least },
    })),
  );

const still = (): readonly Question[] =>
  COPIES_AT_MOST.map(([viewers, most]) => ({
    table: "no-churn",
    scenario: noChurn,
    asked: { viewers },
    aim: { figure: "copiesPerSegment", most },
  }));

function everyScenario(): readonly Question[] {
  return REPORTED.filter((scenario) => scenario !== live && scenario !== noChurn).flatMap((scenario) => {
    const least = OF_BOUND_AT_LEAST[scenario.name];
    const aim: Aim | undefined = least === undefined ? undefined : { figure: "offloadOfBound", least };
    const question: Question = { table: "scenarios", scenario, asked: {}, aim };
    if (scenario === regions) return REGIONS;
    return scenario === lowLatency ? [question, LONG_SEGMENTS_NEAR_THE_EDGE] : [question];
  });
}

const LONG_SEGMENTS_NEAR_THE_EDGE: Question = {
  table: "scenarios",
  scenario: lowLatency,
  asked: { segmentSeconds: 4, behindSeconds: 6 },
  aim: { figure: "offloadOfBound", least: 0.95 },
};

/** What stays in its region must cost nothing: the second row says what it is to be compared with. */
const REGIONS: readonly Question[] = [
  {
    table: "scenarios",
    scenario: regions,
    asked: {},
    aim: { figure: "peerBytesWithinRegion", least: WITHIN_REGION_MIN },
  },
  { table: "scenarios", scenario: regions, asked: { isRegionTold: false } },
];

type ByViewers = readonly (readonly [viewers: number, limit: number])[];

/** The mixes that a small and a large swarm are compared in: uplink to spare, a little short, and very short. */
const EVERYDAY: readonly { readonly uplinks: UplinkMix; readonly aims: ByViewers }[] = [
  {
    uplinks: "mixed",
    aims: [
      [20, 0.985],
      [100, 0.985],
      [500, 0.985],
      [2000, 0.985],
    ],
  },
  {
    uplinks: "tight",
    aims: [
      [20, 0.965],
      [100, 0.965],
      [500, 0.975],
      [2000, 0.97],
    ],
  },
  {
    uplinks: "poor",
    aims: [
      [20, 0.96],
      [100, 0.975],
      [500, 0.97],
      [2000, 0.97],
    ],
  },
];

const COPIES_AT_MOST: ByViewers = [
  [2, 1.1],
  [5, 1.1],
  [10, 1.1],
  [20, 1.05],
  [100, 1.05],
  [500, 1.05],
  [2000, 1.05],
];

const OF_BOUND_AT_LEAST: Readonly<Record<string, number>> = {
  "flash-crowd": 0.93,
  churn: 0.95,
  liars: 0.97,
  "low-latency": 0.9,
  "vod-seek": 0.95,
  premiere: 0.98,
};
