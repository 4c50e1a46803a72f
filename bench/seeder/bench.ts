/** The seeder benchmark: how many peers one seeder feeds, and at what cost beside nginx's. Started by run.mjs. */
import { nginxObstacle } from "./nginx.ts";
import { UsageError } from "../command-line.ts";
import { parseOptions, usage } from "./options.ts";
import { runSession, type WatchedStage } from "./session.ts";
import { jsonOf, textOf } from "./table.ts";

export interface BenchSurroundings {
  readonly arguments: readonly string[];
  readonly root: string;
  readonly cache: string;
}

/** Returns the exit code: 0 whatever the figures say; 1 when they could not be taken. */
export async function runBench({ arguments: args, root, cache }: BenchSurroundings): Promise<number> {
  try {
    const options = parseOptions(args);
    const obstacle = nginxObstacle();
    if (obstacle !== undefined) throw new UsageError(`bench:seeder cannot run here: ${obstacle}`);
    const figures = await runSession(options, { root, cache, log });
    const result = { ...figures, options, warnings: figures.stages.flatMap(warningsOf) };
    console.log(options.json ? jsonOf(result) : textOf(result));
    return 0;
  } catch (error) {
    console.error(error instanceof UsageError ? `${error.message}\n\n${usage}` : error);
    return 1;
  }
}

const warningsOf = ({ peers, machine: { foreignCores = 0 } }: WatchedStage): string[] =>
  foreignCores > FOREIGN_CORES_MAX ? [`${peers} peers: other programs kept ${foreignCores.toFixed(2)} cores busy`] : [];

const log = (line: string): void => {
  console.error(line);
};

/** Above it the rates that are sustained are what others leave. */
const FOREIGN_CORES_MAX = 0.33;
