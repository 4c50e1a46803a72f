/** The browser benchmark: plain hls.js, p2p-media-loader and hls-swarm over the same origin. Started by run.mjs. */
import path from "node:path";
import { figuresOf, type Figures } from "./figures.ts";
import { mediansOf } from "./medians.ts";
import { UsageError } from "../command-line.ts";
import { parseOptions, usage, type BenchOptions } from "./options.ts";
import type { MachineFacts } from "./machine.ts";
import { buildPages } from "./pages.ts";
import { runSession, type SessionResult, type Surroundings } from "./session.ts";
import { machineLineOf, tableOf } from "./table.ts";

export interface BenchSurroundings {
  readonly arguments: readonly string[];
  readonly root: string;
  /** Where built files may go. */
  readonly cache: string;
  readonly createOrigin: Surroundings["createOrigin"];
  /** Makes sure that dist/ is there and up to date. */
  readonly buildLibrary: () => void;
}

/** Returns the exit code: 0 whatever the figures say, 1 when they could not be taken. */
export async function runBench(given: BenchSurroundings): Promise<number> {
  try {
    const options = parseOptions(given.arguments);
    const outcomes = await runAll(options, given);
    console.log(options.json ? jsonOf(options, outcomes) : textOf(outcomes));
    return 0;
  } catch (error) {
    console.error(error instanceof UsageError ? `${error.message}\n\n${usage}` : error);
    return 1;
  }
}

/** All that a contender did. */
interface Outcome {
  readonly figures: Figures;
  readonly runs: readonly SessionResult[];
}

async function runAll(options: BenchOptions, given: BenchSurroundings): Promise<readonly Outcome[]> {
  const used = new Set(options.contenders.map(({ page }) => page));
  if (used.has("hls-swarm")) given.buildLibrary();
  const surroundings: Surroundings = {
    root: given.root,
    pages: path.join(given.cache, "pages"),
    createOrigin: given.createOrigin,
    log: (line) => {
      console.error(line);
    },
  };
  await buildPages(used, given.root, surroundings.pages);
  // Taking turns, so that an hour in which the machine is slow is nobody's own.
  const rounds: (readonly SessionResult[])[] = [];
  while (rounds.length < options.runs) rounds.push(await runRound(options, surroundings));
  return options.contenders.map(({ name }, i) => {
    const runs = rounds.flatMap((round) => round[i] ?? []);
    return {
      figures: mediansOf(
        name,
        runs.map(({ run }) => figuresOf(run)),
      ),
      runs,
    };
  });
}

async function runRound(options: BenchOptions, surroundings: Surroundings): Promise<readonly SessionResult[]> {
  if (options.concurrent)
    return Promise.all(options.contenders.map((contender) => runSession(contender, options, surroundings)));
  const results: SessionResult[] = [];
  for (const contender of options.contenders) results.push(await runSession(contender, options, surroundings));
  return results;
}

function jsonOf(options: BenchOptions, outcomes: readonly Outcome[]): string {
  const document = {
    options: { ...options, contenders: options.contenders.map(({ name }) => name) },
    chromium: outcomes[0]?.runs[0]?.chromium,
    contenders: outcomes.map(({ figures, runs }) => ({
      ...figures,
      machine: busiest(runs),
      warnings: warningsOf(runs),
      ...(runs.length > 1 && {
        runs: runs.map(({ run, machine, warnings }) => ({ ...figuresOf(run), machine, warnings })),
      }),
    })),
  };
  return JSON.stringify(document, (_key, value: unknown) => (typeof value === "number" ? rounded(value) : value), 2);
}

/** How the machine was when it was at its worst: no run is better than that. */
const busiest = (runs: readonly SessionResult[]): MachineFacts | undefined =>
  runs.map(({ machine }) => machine).sort((a, b) => b.busyShare - a.busyShare)[0];

const warningsOf = (runs: readonly SessionResult[]): readonly string[] => [
  ...new Set(runs.flatMap(({ warnings }) => warnings)),
];

/** Four decimals: more would only look exact. */
const rounded = (value: number): number => Math.round(value * 1e4) / 1e4;

function textOf(outcomes: readonly Outcome[]): string {
  const notes = outcomes.flatMap(({ figures, runs }) => [
    ...runs.map(({ machine }) => machineLineOf(figures.name, machine)),
    ...warningsOf(runs).map((warning) => `  ! ${warning}`),
  ]);
  return [tableOf(outcomes.map(({ figures }) => figures)), "", ...notes].join("\n");
}
