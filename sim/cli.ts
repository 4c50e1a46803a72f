/** The simulator's command line: reads it, runs what it asks for, prints what came of it. Started by run.mjs. */
import { closeSync, openSync, writeSync } from "node:fs";
import path from "node:path";
import { writeBaselines } from "./baselines.ts";
import { baselineFor, violationsOf } from "./checkers.ts";
import { hostOf } from "./host.ts";
import { mediansOf } from "./medians.ts";
import type { RunResult } from "./model/figures.ts";
import type { Plan } from "./model/plan.ts";
import { simulate } from "./model/simulator.ts";
import { parseCommand, replayCommand, usage, UsageError, type RunCommand } from "./options.ts";
import { createPool, type Runner } from "./pool.ts";
import { writeReport } from "./report/report.ts";
import { cached } from "./result-cache.ts";
import { comparablePlan } from "./scenario.ts";
import { comparisonTable, figuresTable, originTable, planLine } from "./table.ts";
import { ChromeTrace } from "./trace.ts";

export interface Surroundings {
  readonly arguments: readonly string[];
  /** Of the project. */
  readonly root: string;
  /** Path of the bundled worker.ts. */
  readonly worker: string;
  /** Where results may be kept. */
  readonly cache: string;
}

/** Returns the exit code: 1 for a run in which something did not hold, 2 for a command line that makes no sense. */
export async function runCli({ arguments: args, root, worker, cache }: Surroundings): Promise<number> {
  try {
    const command = parseCommand(args);
    const pool = createPool(worker);
    const remembering = (): Runner => cached(pool, worker, path.join(cache, "results"));
    switch (command.type) {
      case "help":
        console.log(usage());
        return 0;
      case "report":
        return await writeReport({ quick: command.quick, docs: path.join(root, "docs"), run: remembering() });
      case "baselines":
        await writeBaselines(path.join(root, "sim/baselines.json"), remembering());
        return 0;
      case "run":
        return await answer(command, args, pool);
    }
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(`${error.message}\n\n${usage()}`);
    return 2;
  }
}

async function answer(command: RunCommand, args: readonly string[], pool: Runner): Promise<number> {
  const { scenario, asked, seeds, json, traceFile } = command;
  // With --json the result has stdout to itself.
  const say = json ? console.error : console.log;
  const plan = scenario.plan(asked);
  const plans = Array.from({ length: seeds }, (_, i) => ({ ...plan, seed: plan.seed + i }));
  say(seeds > 1 ? `seeds ${plan.seed} to ${plan.seed + seeds - 1}` : `seed ${plan.seed}`);
  say(`${scenario.name}: ${scenario.question}\n${planLine(plan)}\n`);

  const results = seeds > 1 ? await Promise.all(plans.map(pool)) : [runHere(plan, traceFile)];
  const { comparedWith } = scenario;
  const others = comparedWith && (await Promise.all(plans.map((one) => pool(comparablePlan(one, comparedWith)))));
  const { figures, originByReason } = mediansOf(results);
  if (json) console.log(JSON.stringify(figures, null, 2));
  else {
    const all = results.map((result) => result.figures);
    say(`${figuresTable(figures, all)}\ntrace hash ${figures.traceHash}\n`);
    say(`What the origin sent, of the bytes that viewers used:\n${originTable(originByReason)}`);
    if (others) say(`\n${comparisonTable(figures, mediansOf(others).figures)}`);
  }

  const baseline = baselineFor(scenario.name, asked);
  let exitCode = 0;
  results.forEach((result, i) => {
    const { seed } = plans[i] ?? plan;
    const other = others?.[i];
    const compared = comparedWith && other && { comparison: comparedWith, result: other };
    const violations = violationsOf({ plan, result, baseline, compared });
    if (violations.length === 0) return;
    exitCode = 1;
    console.error(`\nseed ${seed}: what must always hold did not:\n${violations.map((one) => `  ${one}`).join("\n")}`);
    console.error(`to replay: ${replayCommand(args, seed)}`);
  });
  return exitCode;
}

function runHere(plan: Plan, traceFile: string | undefined): RunResult {
  if (traceFile === undefined) return simulate(plan, hostOf());
  const file = openSync(traceFile, "w");
  let pending = "";
  const flush = (): void => {
    writeSync(file, pending);
    pending = "";
  };
  const trace = new ChromeTrace(`${plan.scenario}, seed ${plan.seed}`, (text) => {
    pending += text;
    if (pending.length > TRACE_BLOCK_LENGTH) flush();
  });
  try {
    const result = simulate(plan, hostOf(trace));
    trace.close();
    flush();
    return result;
  } finally {
    closeSync(file);
  }
}

const TRACE_BLOCK_LENGTH = 1 << 20;
