/** The figures of the ABR bench as a table for people: two rows a script, and what each played when. */
import type { Figures } from "./figures.ts";
import type { ScriptResult } from "./session.ts";

type Judged = Omit<ScriptResult, "estimates"> & { readonly shortcomings: readonly string[] };

export function tableOf(results: readonly Judged[]): string {
  const rows = results.flatMap(({ name, plain, swarm, shortcomings }) => [
    rowOf(name, "plain", plain, ""),
    rowOf("", "swarm", swarm, shortcomings.join(", ") || "ok"),
  ]);
  const table = [TITLES, ...rows];
  const widths = TITLES.map((_title, column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  return table
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

const TITLES: readonly string[] = [
  ...["script", "player", "level", "switches", "stalls", "s at each level", "from peers", "given up", "", "trajectory"],
];

const rowOf = (script: string, player: string, figures: Figures, verdict: string): readonly string[] => [
  ...[script, player, figures.averageLevel.toFixed(2), String(figures.switches)],
  figures.stalls > 0 ? `${figures.stalls} / ${(figures.stallMs / 1000).toFixed(1)} s` : "0",
  figures.timeAtLevel.map((seconds) => seconds.toFixed(0)).join(" "),
  `${(100 * figures.peerShare).toFixed(0)} %`,
  ...[String(figures.abandoned), verdict],
  figures.trajectory.map(({ atSeconds, level }) => `${level}@${atSeconds.toFixed(0)}`).join(" "),
];
