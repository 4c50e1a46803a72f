/** Several runs of one contender as one: what one run does by luck is not what a library does. */
import type { Figures } from "./figures.ts";
import { median } from "./statistics.ts";

/**
 * The median of every figure, over the runs that have it. Altered segments are added up: one is one too many. Viewers
 * are those of all runs, one run after the other.
 */
export function mediansOf(name: string, runs: readonly Figures[]): Figures {
  const [first] = runs;
  if (!first) throw new Error(`no run of ${name}`);
  const medians = Object.entries(first).flatMap(([key]) => {
    const values = runs.map((run): unknown => Reflect.get(run, key));
    const numbers = values.filter((value) => typeof value === "number");
    return values.every((value) => typeof value === "number" || value === null)
      ? [[key, median(numbers)] as const]
      : [];
  });
  return Object.assign({}, first, Object.fromEntries(medians), {
    alteredSegments: runs.reduce((total, run) => total + run.alteredSegments, 0),
    perViewer: runs.flatMap(({ perViewer }) => perViewer),
  });
}
