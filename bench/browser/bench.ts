/** The browser benchmark: plain hls.js, p2p-media-loader and hls-swarm over the same origin. Started by run.mjs. */
import path from "node:path";
import { figuresOf, type Figures } from "./figures.ts";
import { parseOptions, usage, UsageError, type BenchOptions } from "./options.ts";
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
    const results = await runAll(options, given);
    const figures = results.map(({ run }) => figuresOf(run));
    console.log(options.json ? jsonOf(options, results, figures) : textOf(results, figures));
    return 0;
  } catch (error) {
    console.error(error instanceof UsageError ? `${error.message}\n\n${usage}` : error);
    return 1;
  }
}

async function runAll(options: BenchOptions, given: BenchSurroundings): Promise<readonly SessionResult[]> {
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
  if (options.concurrent)
    return Promise.all(options.contenders.map((contender) => runSession(contender, options, surroundings)));
  const results: SessionResult[] = [];
  for (const contender of options.contenders) results.push(await runSession(contender, options, surroundings));
  return results;
}

function jsonOf(options: BenchOptions, results: readonly SessionResult[], figures: readonly Figures[]): string {
  const document = {
    options: { ...options, contenders: options.contenders.map(({ name }) => name) },
    chromium: results[0]?.chromium,
    contenders: results.map(({ machine, warnings }, i) => ({ ...figures[i], machine, warnings })),
  };
  return JSON.stringify(document, (_key, value: unknown) => (typeof value === "number" ? rounded(value) : value), 2);
}

/** Four decimals: more would only look exact. */
const rounded = (value: number): number => Math.round(value * 1e4) / 1e4;

function textOf(results: readonly SessionResult[], figures: readonly Figures[]): string {
  const notes = results.flatMap(({ run, machine, warnings }) => [
    machineLineOf(run.name, machine),
    ...warnings.map((warning) => `  ! ${warning}`),
  ]);
  return [tableOf(figures), "", ...notes].join("\n");
}
