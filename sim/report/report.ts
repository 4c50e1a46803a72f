/** Asks the simulator everything that docs/simulation.md answers, and writes that page and its charts. */
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { format, resolveConfig } from "prettier";
import { violationsOf } from "../checkers.ts";
import { mediansOf, type Medians } from "../medians.ts";
import type { Runner } from "../pool.ts";
import { svgOf } from "./chart.ts";
import { chartsOf } from "./charts.ts";
import { pageOf } from "./page.ts";
import { commandFor, planFor, questionsUpTo, type Question } from "./questions.ts";

export interface Answer extends Medians {
  readonly question: Question;
  /** Of all seeds together: a median would hide them. */
  readonly stalls: number;
  readonly violations: readonly string[];
}

export interface ReportOrder {
  /** One seed and at most 500 viewers: minutes instead of an hour. */
  readonly quick: boolean;
  /** Folder of the documentation. */
  readonly docs: string;
  readonly run: Runner;
}

/** Returns the exit code: 1 when something did not hold in one of the runs. */
export async function writeReport({ quick, docs, run }: ReportOrder): Promise<number> {
  const seeds = quick ? SEEDS.slice(0, 1) : SEEDS;
  const questions = questionsUpTo(quick ? 500 : Infinity);
  // The largest first: they would otherwise be what everybody waits for in the end.
  const bySize = [...questions].sort((a, b) => sizeOf(b) - sizeOf(a));
  const answers = new Map<Question, Answer>();
  await Promise.all(
    bySize.map(async (question) => {
      answers.set(question, await answerTo(question, seeds, run));
      console.log(`${answers.size} of ${questions.length}: ${commandFor(question)}`);
    }),
  );
  const inOrder = questions.flatMap((question) => answers.get(question) ?? []);

  const folder = path.join(docs, "simulation");
  mkdirSync(folder, { recursive: true });
  const charts = chartsOf(inOrder);
  for (const { name, chart } of charts) writeFileSync(path.join(folder, `${name}.svg`), svgOf(chart));
  const page = path.join(docs, "simulation.md");
  const text = pageOf({ answers: inOrder, charts, seeds: seeds.length });
  writeFileSync(page, await format(text, { ...(await resolveConfig(page)), parser: "markdown" }));
  console.log(`written: ${page}`);
  return inOrder.some(({ violations }) => violations.length > 0) ? 1 : 0;
}

async function answerTo(question: Question, seeds: readonly number[], run: Runner): Promise<Answer> {
  const runs = await Promise.all(
    seeds.map(async (seed) => {
      const plan = planFor(question, seed);
      return { plan, result: await run(plan) };
    }),
  );
  return {
    question,
    ...mediansOf(runs.map(({ result }) => result)),
    stalls: runs.reduce((sum, { result }) => sum + result.figures.stalls, 0),
    violations: runs.flatMap((check) => violationsOf(check).map((one) => `seed ${check.plan.seed}: ${one}`)),
  };
}

function sizeOf(question: Question): number {
  const { viewers, warmupSeconds, measuredSeconds } = planFor(question, 1);
  return viewers * (warmupSeconds + measuredSeconds);
}

const SEEDS = [1, 2, 3, 4, 5];
