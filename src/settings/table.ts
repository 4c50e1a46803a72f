/**
 * What a command's settings are, as a table: of the rows are made its flags, the variables of the environment, the keys
 * of its file, `--help` and the table in its documentation.
 */
import type { Kind } from "./kinds.ts";

export interface Setting<T, Group extends string = string> {
  readonly kind: Kind<T>;
  readonly group: Group;
  readonly help: string;
  /** What holds when nothing is said. Words are for the help alone: nothing, or found out when it starts. */
  readonly standard: T | { readonly words: string };
  /** What it is called outside, when that is not the option's own name. */
  readonly name?: string;
  /** Never a flag, which every user of the machine can read, and never printed. */
  readonly isSecret?: true;
}

export interface SettingsTable<Settings, Group extends string = string> {
  /** Whose they are, as in `hls-swarm tracker`. */
  readonly command: string;
  /** In the order of the help. */
  readonly groups: readonly Group[];
  readonly rows: { readonly [Name in keyof Settings]-?: Setting<Settings[Name], Group> };
}

/** The settings that somebody gave. */
export type Given<Settings> = { -readonly [Name in keyof Settings]?: Settings[Name] };

export type NameOf<Settings> = keyof Settings & string;

export const nothing = (words = "none"): { readonly words: string } => ({ words });
