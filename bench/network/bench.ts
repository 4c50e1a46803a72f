/** The network benchmark: real viewers over shaped lines, beside the simulator's prediction. Started by run.mjs. */
import { figuresOf } from "./figures.ts";
import { obstacleFor } from "./obstacle.ts";
import { UsageError } from "../command-line.ts";
import { parseOptions, usage } from "./options.ts";
import { predict } from "./prediction.ts";
import { jsonOf, textOf } from "./report.ts";
import { runSession } from "./session.ts";
import { perViewerOf, warningsOf } from "./viewer-figures.ts";

export interface BenchSurroundings {
  readonly arguments: readonly string[];
  /** Where built files go. */
  readonly cache: string;
  /** Builds what runs beside us. */
  readonly build: () => Promise<void>;
}

/** Returns the exit code: 0 whatever the figures say, and where it cannot run; 1 when they could not be taken. */
export async function runBench({ arguments: args, cache, build }: BenchSurroundings): Promise<number> {
  const ending = new AbortController();
  const end = (): void => {
    ending.abort();
  };
  for (const signal of SIGNALS) process.once(signal, end);
  try {
    const options = parseOptions(args);
    const obstacle = obstacleFor(options);
    if (obstacle !== undefined) {
      console.error(`bench:network cannot run here: ${obstacle}.`);
      return 0;
    }
    await build();
    const { run, machine } = await runSession(options, { cache, log, signal: ending.signal });
    const result = {
      ...figuresOf(run),
      predicted: predict(options),
      options,
      machine,
      warnings: warningsOf(run, machine),
      perViewer: perViewerOf(run),
    };
    console.log(options.json ? jsonOf(result) : textOf(result));
    return 0;
  } catch (error) {
    if (ending.signal.aborted) return INTERRUPTED;
    console.error(error instanceof UsageError ? `${error.message}\n\n${usage}` : error);
    return 1;
  } finally {
    for (const signal of SIGNALS) process.off(signal, end);
  }
}

const log = (line: string): void => {
  console.error(line);
};

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
/** As a shell reports a program that Ctrl-C has ended. */
const INTERRUPTED = 130;
