/** A command's settings as flags of its command line. */
import { Command, Option } from "commander";
import { flagNameOf, keyOf, namesOf, rowOf } from "./names.ts";
import { printSettings, readSettings, standardOf } from "./read.ts";
import type { Given, NameOf, SettingsTable } from "./table.ts";

/** A command with a flag for each setting that may be one, and with those that all such commands have. */
export function commandOf<Settings>(table: SettingsTable<Settings>): Command {
  const command = new Command(table.command)
    .option("--config <file>", "settings in a JSON file; also HLS_SWARM_CONFIG")
    .option("--print-config", "print all settings as such a file, secrets hidden, and end")
    .helpOption("--help", "this text");
  for (const group of table.groups)
    for (const name of namesOf(table)) if (rowOf(table, name).group === group) addFlag(command, table, name);
  return command;
}

/** What was given, in flags, variables and the file; undefined when it was only to be printed, which is done. */
export function settingsGiven<Settings>(command: Command, table: SettingsTable<Settings>): Given<Settings> | undefined {
  const given = command.opts<Readonly<Record<string, unknown>>>();
  const flags = new Map<string, readonly string[]>();
  for (const name of namesOf(table)) {
    const key = keyOf(table, name);
    const value = given[key];
    if (command.getOptionValueSource(key) === "cli")
      flags.set(flagNameOf(table, name), Array.isArray(value) ? value.map(String) : [String(value)]);
  }
  const file = typeof given["config"] === "string" ? given["config"] : process.env["HLS_SWARM_CONFIG"];
  const settings = readSettings(table, { flags, environment: process.env, file });
  if (given["printConfig"] !== true) return settings;
  process.stdout.write(printSettings(table, settings));
  return undefined;
}

/** The flag of one setting, if it has one; its text is read later, with those of the other sources. */
function addFlag<Settings>(command: Command, table: SettingsTable<Settings>, name: NameOf<Settings>): void {
  const { kind, help, group, isSecret, standard } = rowOf(table, name);
  if (isSecret) return;
  const flag = flagNameOf(table, name);
  const shown = standardOf(table, name);
  const isSwitch = kind.placeholder === "";
  // A switch that is on can only be turned off, and the other way round.
  const flags = !isSwitch ? `--${flag} ${kind.placeholder}` : standard === true ? `--no-${flag}` : `--${flag}`;
  const text = isSwitch
    ? standard === true
      ? `without ${help}`
      : help
    : shown === "none"
      ? help
      : `${help} (${shown})`;
  const option = new Option(flags, text).helpGroup(`${group}:`);
  if (!isSwitch) option.argParser((value, before: readonly string[] | undefined) => [...(before ?? []), value]);
  command.addOption(option);
}
