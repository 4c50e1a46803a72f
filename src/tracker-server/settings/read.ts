/** Finds the value of every setting: a flag counts more than the environment, that more than the file. */
import { readFileSync } from "node:fs";
import { OptionError } from "../../base/option-error.ts";
import { HIDDEN, type Json } from "./kinds.ts";
import { flagNameOf, keyOf, nearest, SETTING_NAMES, variableOf } from "./names.ts";
import { SETTINGS, type SettingName, type Settings } from "./table.ts";

export type GivenSettings = { -readonly [Name in SettingName]?: Settings[Name] };

export interface Sources {
  /** What the command line says, by the flag's name without dashes. */
  readonly flags: ReadonlyMap<string, readonly string[]>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Path of the configuration file, if there is one. */
  readonly file: string | undefined;
}

/** The settings that somebody gave. Throws an {@link OptionError} that says what is wrong, and where. */
export function readSettings({ flags, environment, file }: Sources): GivenSettings {
  const keys = file === undefined ? new Map<string, readonly string[]>() : readFile(file);
  const found: GivenSettings = {};
  for (const name of SETTING_NAMES) {
    const flag = flagNameOf(name);
    const variable = environment[variableOf(name)];
    if (flags.has(flag)) readOne(found, name, `--${flag}`, flags.get(flag));
    // An empty variable is one that a compose file left blank.
    else if (variable !== undefined && variable !== "") readOne(found, name, variableOf(name), [variable]);
    else readOne(found, name, `"${keyOf(name)}" in ${String(file)}`, keys.get(keyOf(name)));
  }
  return found;
}

/** All settings as a configuration file would have them, defaults included and secrets hidden. */
export function printSettings(given: GivenSettings): string {
  const shown: Record<string, Json> = {};
  for (const name of SETTING_NAMES) {
    const value = writeOne(given, name);
    if (value !== undefined) shown[keyOf(name)] = value;
  }
  return `${JSON.stringify(shown, undefined, 2)}\n`;
}

/** The default as the help and the docs show it. */
export function standardOf(name: SettingName): string {
  const { standard } = SETTINGS[name];
  if (isWords(standard)) return standard.words;
  const shown = writeOne({}, name);
  if (typeof shown === "boolean") return shown ? "yes" : "no";
  return String(shown);
}

function readOne<Name extends SettingName>(
  found: { [Each in Name]?: Settings[Each] },
  name: Name,
  where: string,
  texts: readonly string[] | undefined,
): void {
  if (!texts) return;
  try {
    found[name] = SETTINGS[name].kind.read(texts);
  } catch (error) {
    if (!(error instanceof OptionError)) throw error;
    throw new OptionError(`${where}${error.message.startsWith("must") ? "" : ":"} ${error.message}`);
  }
}

function writeOne<Name extends SettingName>(
  given: { readonly [Each in Name]?: Settings[Each] },
  name: Name,
): Json | undefined {
  const { kind, standard, isSecret } = SETTINGS[name];
  const value = given[name];
  if (value === undefined) return isWords(standard) ? undefined : kind.write(standard);
  return isSecret ? HIDDEN : kind.write(value);
}

const isWords = (standard: unknown): standard is { readonly words: string } =>
  typeof standard === "object" && standard !== null && "words" in standard;

/** The texts in a JSON file by their keys, all of which must be known. */
function readFile(file: string): ReadonlyMap<string, readonly string[]> {
  const content = parseFile(file);
  const known = SETTING_NAMES.map(keyOf);
  for (const [key] of content) {
    if (known.includes(key)) continue;
    const meant = nearest(key, known);
    const hint = meant === undefined ? "hls-swarm tracker --help lists all" : `did you mean "${meant}"?`;
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
