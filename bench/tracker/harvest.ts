/** How many viewers' addresses somebody learns who is after them, minute by minute, with tickets and rations and without. */
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { svgOf, type Line } from "../../sim/report/chart.ts";
import { harvest, WITHOUT_RATIONS, type Harvest, type HarvestPlan } from "../../testkit/adversaries/harvester.ts";

interface Case {
  readonly name: string;
  readonly plan: Pick<HarvestPlan, "addresses" | "hasTickets" | "limits">;
  readonly line?: Omit<Line, "points">;
}

const CASES: readonly Case[] = [
  {
    name: "one ticket, no rations, 1 address",
    plan: { addresses: 1, hasTickets: true, limits: WITHOUT_RATIONS },
    line: { name: "no rations", colour: 1, dashed: true },
  },
  {
    name: "one ticket, 1 address",
    plan: { addresses: 1, hasTickets: true },
    line: { name: "one ticket", colour: 0 },
  },
  { name: "one ticket, 10 addresses", plan: { addresses: 10, hasTickets: true } },
  { name: "one ticket, 100 addresses", plan: { addresses: 100, hasTickets: true } },
  {
    name: "no tickets, 1 address",
    plan: { addresses: 1, hasTickets: false },
    line: { name: "open, 1 address", colour: 2 },
  },
  {
    name: "no tickets, 10 addresses",
    plan: { addresses: 10, hasTickets: false },
    line: { name: "open, 10 addresses", colour: 3 },
  },
  { name: "no tickets, 100 addresses", plan: { addresses: 100, hasTickets: false } },
];

export function runHarvest(args: readonly string[], root: string): void {
  const { values } = parseArgs({ args: [...args], options: { quick: { type: "boolean" } } });
  const size = values.quick ? { viewers: 500, minutes: 10 } : { viewers: 5_000, minutes: 60 };
  const lines: Line[] = [];
  console.log("| harvester | after 1 min | 10 min | the end | of so many viewers | links of a viewer |");
  console.log("| --- | --- | --- | --- | --- | --- |");
  for (const { name, plan, line } of CASES) {
    const result = harvest({ ...size, sessionMs: 600_000, ...plan });
    console.log(rowOf(name, result));
    if (line) lines.push({ ...line, points: result.learnt.map((y, minute) => ({ x: minute + 1, y })) });
  }
  if (values.quick) return;
  const file = path.join(root, "docs/tickets/harvest.svg");
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(
    file,
    svgOf({ ...AXES, lines: lines.map((line) => ({ ...line, points: line.points.filter(isDrawn) })) }),
  );
}

function rowOf(name: string, { learnt, viewers, linksMean }: Harvest): string {
  const figures = [learnt[0], learnt[9], learnt.at(-1), viewers].map((figure) => (figure ?? 0).toLocaleString("en"));
  return `| ${[name, ...figures, linksMean.toFixed(1)].join(" | ")} |`;
}

/** Every fifth minute and the first. */
const isDrawn = ({ x }: { readonly x: number }): boolean => x === 1 || x % 5 === 0;

const AXES = {
  title: "What a harvester learns in a swarm of 5,000",
  x: { title: "minutes", ticks: [0, 10, 20, 30, 40, 50, 60] },
  y: {
    title: "viewers whose address it has (33,000 come in the hour)",
    ticks: [10, 100, 1_000, 10_000, 100_000],
    log: true,
    text: (tick: number) => tick.toLocaleString("en"),
  },
};
