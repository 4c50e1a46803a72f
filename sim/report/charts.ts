/** The pictures of the report: how the swarm does as it grows, next to what no policy could better. */
import type { Figures } from "../model/figures.ts";
import { WIRE_FACTOR } from "../model/network.ts";
import { LIVE, type UplinkMix } from "../model/plan.ts";
import type { Axis, Chart, Line } from "./chart.ts";
import { planFor } from "./questions.ts";
import type { Answer } from "./report.ts";

export interface NamedChart {
  /** Of its file. */
  readonly name: string;
  readonly chart: Chart;
}

export function chartsOf(answers: readonly Answer[]): readonly NamedChart[] {
  const still = answers.filter(({ question }) => question.table === "no-churn");
  const mixes = MIXES.map((uplinks, i) => ({
    uplinks,
    colour: COLOURS[i] ?? 0,
    runs: answers.filter(({ question }) => question.table === "live" && question.asked.uplinks === uplinks),
  }));
  const mixed = mixes[0]?.runs ?? [];
  const worst = mixes.flatMap(({ runs }) => runs.map(({ figures }) => figures.offloadOfBound));
  const x = viewersAxis(mixed);
  const xStill = viewersAxis(still);

  return [
    {
      name: "offload",
      chart: {
        title: "Offload, and the bound of the same viewers (dashed)",
        x,
        y: { title: "bytes from peers", ticks: [0, 0.2, 0.4, 0.6, 0.8, 1], text: percent },
        lines: mixes.flatMap(({ uplinks, colour, runs }) => withBound(uplinks, colour, runs, offloadOf, boundOf)),
      },
    },
    {
      name: "offload-of-bound",
      chart: {
        title: "How much of the bound is reached",
        x,
        y: { title: "offload / bound", ticks: steps(Math.min(0.9, ...worst), 1, 0.02), text: percent },
        lines: [
          { name: "the bound", colour: 3, dashed: true, points: x.ticks.map((viewers) => ({ x: viewers, y: 1 })) },
          ...mixes.map(({ uplinks, colour, runs }) => lineOf(uplinks, colour, runs, (one) => one.offloadOfBound)),
        ],
      },
    },
    {
      name: "copies",
      chart: {
        title: "Copies of a segment from the origin, and the fewest possible (dashed)",
        x,
        y: { title: "copies", ticks: [1, 3, 10, 30, 100, 300, 1000, 2000], log: true },
        lines: mixes.flatMap(({ uplinks, colour, runs }) => withBound(uplinks, colour, runs, copiesOf, fewestCopiesOf)),
      },
    },
    {
      name: "copies-without-churn",
      chart: {
        title: "Copies of a segment when nobody comes or goes, uplinks mixed",
        x: xStill,
        y: {
          title: "copies",
          ticks: steps(0, Math.max(1.5, ...still.map(({ figures }) => figures.copiesPerSegment)), 0.5),
        },
        lines: withBound("mixed", 0, still, copiesOf, () => 1),
      },
    },
    {
      name: "age",
      chart: {
        title: "Age of a segment when a viewer has all of it, uplinks mixed",
        x,
        y: {
          title: "seconds after it appeared at the origin",
          ticks: steps(0, Math.max(...mixed.map(({ figures }) => figures.ageMsP95 / 1000)), 1),
        },
        lines: [
          lineOf("95 % have it", 1, mixed, (one) => one.ageMsP95 / 1000),
          lineOf("half have it", 0, mixed, (one) => one.ageMsP50 / 1000),
          { ...lineOf("uplinks alone", 2, mixed, fluidAgeSeconds), dashed: true },
        ],
      },
    },
  ];
}

function withBound(
  name: string,
  colour: Line["colour"],
  runs: readonly Answer[],
  value: (figures: Figures) => number,
  bound: (figures: Figures) => number,
): readonly Line[] {
  return [lineOf(name, colour, runs, value), { ...lineOf("", colour, runs, bound), dashed: true }];
}

const lineOf = (
  name: string,
  colour: Line["colour"],
  runs: readonly Answer[],
  value: (figures: Figures) => number,
): Line => ({ name, colour, points: runs.map((run) => ({ x: viewersOf(run), y: value(run.figures) })) });

const viewersAxis = (runs: readonly Answer[]): Axis => ({ title: "viewers", ticks: runs.map(viewersOf), log: true });

const viewersOf = ({ question }: Answer): number => planFor(question, 1).viewers;

/** From `least` to `most`, both rounded outwards to whole steps. */
function steps(least: number, most: number, step: number): readonly number[] {
  const first = Math.floor(least / step + ROUNDING);
  const last = Math.ceil(most / step - ROUNDING);
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toFixed(2)));
}

const offloadOf = (one: Figures): number => one.offload;
const boundOf = (one: Figures): number => one.bound;
const copiesOf = (one: Figures): number => one.copiesPerSegment;
const fewestCopiesOf = (one: Figures): number => Math.max(1, one.viewers * (1 - one.bound));
/** All uplinks together need this long to carry a segment to everybody, were every viewer to have something to send at once. */
const fluidAgeSeconds = ({ viewers }: Figures): number =>
  (((WIRE_FACTOR * LIVE.segmentSeconds) / MIXED_UPLINK) * (viewers - 1)) / viewers;
const percent = (share: number): string => `${Math.round(100 * share)} %`;

/** 0.9 / 0.02 is not quite 45. */
const ROUNDING = 1e-9;
const MIXES: readonly UplinkMix[] = ["mixed", "tight", "poor"];
const COLOURS: readonly Line["colour"][] = [0, 1, 2];
/** Mean of the mix, as a multiple of the stream's rate; see population.ts. */
const MIXED_UPLINK = 2.85;
