/** The result as JSON for scripts, and as a table for people: what was measured beside what was predicted. */
import type { Figures as SimulatedFigures } from "../../sim/model/figures.ts";
import type { MachineFacts } from "../browser/machine.ts";
import { machineLineOf } from "../browser/table.ts";
import type { Figures } from "./figures.ts";

export interface Result extends Figures {
  readonly predicted: SimulatedFigures;
  readonly machine: MachineFacts;
  readonly warnings: readonly string[];
  readonly perViewer: readonly object[];
}

export const jsonOf = (result: Result): string =>
  JSON.stringify(result, (_key, value: unknown) => (typeof value === "number" ? rounded(value) : value), 2);

export function textOf({ predicted, machine, warnings, ...rest }: Result): string {
  const measured = Object.entries(rest).filter((entry) => typeof entry[1] !== "object" || entry[1] === null);
  const simulated = new Map<string, unknown>(Object.entries(predicted));
  const rows = [
    ["", "measured", "simulated"],
    ...measured.map(([name, value]) => [name, cellOf(value), simulated.has(name) ? cellOf(simulated.get(name)) : ""]),
  ];
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((text, column) => (column === 0 ? text.padEnd(widths[0] ?? 0) : text.padStart(widths[column] ?? 0)))
      .join("  ")
      .trimEnd(),
  );
  return [...lines, "", machineLineOf("machine", machine), ...warnings.map((warning) => `  ! ${warning}`)].join("\n");
}

const cellOf = (value: unknown): string => (typeof value === "number" ? String(rounded(value)) : "-");

/** Four decimals: more would only look exact. */
const rounded = (value: number): number => Math.round(value * 1e4) / 1e4;
