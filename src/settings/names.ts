/** What a setting is called: `--region-header`, `HLS_SWARM_REGION_HEADER` and `"regionHeader"` are the same one. */
import type { NameOf, Setting, SettingsTable } from "./table.ts";

/** All of them, in the order of the table. */
export const namesOf = <Settings>({ rows }: SettingsTable<Settings>): NameOf<Settings>[] =>
  Object.keys(rows).filter((name): name is NameOf<Settings> => name in rows);

export const rowOf = <Settings>(
  { rows }: SettingsTable<Settings>,
  name: NameOf<Settings>,
): Setting<Settings[NameOf<Settings>]> => rows[name];

/** Without its dashes. */
export const flagNameOf = <Settings>(table: SettingsTable<Settings>, name: NameOf<Settings>): string =>
  rowOf(table, name).name ?? name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

export const variableOf = <Settings>(table: SettingsTable<Settings>, name: NameOf<Settings>): string =>
  `HLS_SWARM_${flagNameOf(table, name).replaceAll("-", "_").toUpperCase()}`;

export const keyOf = <Settings>(table: SettingsTable<Settings>, name: NameOf<Settings>): string =>
  flagNameOf(table, name).replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());

/** The one of `names` that whoever wrote `name` may have meant: at most a third of its letters differ. */
export function nearest(name: string, names: readonly string[]): string | undefined {
  const [best] = names
    .map((candidate) => ({ candidate, distance: distanceOf(name.toLowerCase(), candidate.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance);
  return best && best.distance <= Math.max(2, name.length / 3) ? best.candidate : undefined;
}

/** Letters to insert, drop or change to make one word of the other (Levenshtein). */
function distanceOf(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (const [above, letter] of Array.from(from).entries()) {
    const next = [above + 1];
    for (const [column, other] of Array.from(to).entries()) {
      const changed = (row[column] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(changed, (row[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
