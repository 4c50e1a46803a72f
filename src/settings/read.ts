/** Finds the value of every setting: a flag counts more than the environment, that more than the file. */
import { readFileSync } from "node:fs";
import { OptionError } from "../base/option-error.ts";
import { HIDDEN, type Json } from "./kinds.ts";
import { flagNameOf, keyOf, namesOf, nearest, rowOf, variableOf } from "./names.ts";
import type { Given, NameOf, SettingsTable } from "./table.ts";

export interface Sources {
  /** What the command line says, by the flag's name without dashes. */
  readonly flags: ReadonlyMap<string, readonly string[]>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Path of the configuration file, if there is one. */
  readonly file: string | undefined;
}

/** The settings that somebody gave. Throws an {@link OptionError} that says what is wrong, and where. */
export function readSettings<Settings>(
  table: SettingsTable<Settings>,
  { flags, environment, file }: Sources,
): Given<Settings> {
  const keys = file === undefined ? new Map<string, readonly string[]>() : readFile(table, file);
  const found: Given<Settings> = {};
  const readOne = (name: NameOf<Settings>, where: string, texts: readonly string[] | undefined): void => {
    if (!texts) return;
    try {
      found[name] = rowOf(table, name).kind.read(texts);
    } catch (error) {
      if (!(error instanceof OptionError)) throw error;
      throw new OptionError(`${where}${error.message.startsWith("must") ? "" : ":"} ${error.message}`);
    }
  };
  for (const name of namesOf(table)) {
    const flag = flagNameOf(table, name);
    const variable = environment[variableOf(table, name)];
    if (flags.has(flag)) readOne(name, `--${flag}`, flags.get(flag));
    // An empty variable is one that a compose file left blank.
    else if (variable !== undefined && variable !== "") readOne(name, variableOf(table, name), [variable]);
    else readOne(name, `"${keyOf(table, name)}" in ${String(file)}`, keys.get(keyOf(table, name)));
  }
  return found;
}

/** All settings as a configuration file would have them, defaults included and secrets hidden. */
export function printSettings<Settings>(table: SettingsTable<Settings>, given: Given<Settings>): string {
  const shown: Record<string, Json> = {};
  for (const name of namesOf(table)) {
    const value = writeOne(table, given, name);
    if (value !== undefined) shown[keyOf(table, name)] = value;
  }
  return `${JSON.stringify(shown, undefined, 2)}\n`;
}

/** The default as the help and the docs show it. */
export function standardOf<Settings>(table: SettingsTable<Settings>, name: NameOf<Settings>): string {
  const { standard } = rowOf(table, name);
  if (isWords(standard)) return standard.words;
  const shown = writeOne(table, {}, name);
  if (typeof shown === "boolean") return shown ? "yes" : "no";
  return String(shown);
}

function writeOne<Settings>(
  table: SettingsTable<Settings>,
  given: Given<Settings>,
  name: NameOf<Settings>,
): Json | undefined {
  const { kind, standard, isSecret } = rowOf(table, name);
  const value = given[name];
  if (value === undefined) return isWords(standard) ? undefined : kind.write(standard);
  return isSecret ? HIDDEN : kind.write(value);
}

const isWords = (standard: unknown): standard is { readonly words: string } =>
  typeof standard === "object" && standard !== null && "words" in standard;

/** The texts in a JSON file by their keys, all of which must be known. */
function readFile<Settings>(table: SettingsTable<Settings>, file: string): ReadonlyMap<string, readonly string[]> {
  const content = parseFile(file);
  const known = namesOf(table).map((name) => keyOf(table, name));
  for (const [key] of content) {
    if (known.includes(key)) continue;
    const meant = nearest(key, known);
    const hint = meant === undefined ? `hls-swarm ${table.command} --help lists all` : `did you mean "${meant}"?`;
    throw new OptionError(`"${key}" in ${file} is no setting: ${hint}`);
  }
  return new Map(
    content.map(([key, value]) => [
      key,
      (Array.isArray(value) ? value : [value]).map((each: unknown) => {
        if (typeof each === "string" || typeof each === "number" || typeof each === "boolean") return String(each);
        throw new OptionError(`"${key}" in ${file} must be a text, a number, true, false, or a list of these`);
      }),
    ]),
  );
}

function parseFile(file: string): ReadonlyArray<[string, unknown]> {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    // Not the parser's own words, which quote the file: it may hold a secret.
    const how = error instanceof SyntaxError ? "is not JSON" : `cannot be read: ${String(error)}`;
    throw new OptionError(`the configuration file ${file} ${how}`);
  }
  if (typeof content !== "object" || content === null || Array.isArray(content))
    throw new OptionError(`the configuration file ${file} must hold an object like { "port": 8080 }`);
  return Object.entries(content);
}
