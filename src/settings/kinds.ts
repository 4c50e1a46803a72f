/**
 * What a setting may be: how its text is read, shown in the help, and written into a file. Knows no setting by name.
 * All readers throw an {@link OptionError} that says how the value must be; the caller adds where it stands.
 */
import { OptionError } from "../base/option-error.ts";

export type Json = string | number | boolean | readonly Json[];

export interface Kind<T> {
  /** How the help shows the value, like `<number>`; empty for yes or no. */
  readonly placeholder: string;
  /** From the texts given: one, or for a list any number. */
  read(texts: readonly string[]): T;
  /** As a configuration file has it. */
  write(value: T): Json;
}

export const text = (placeholder: string): Kind<string> => single(placeholder, (value) => value);

/** One of a few words. */
export const word = <T extends string>(...words: readonly T[]): Kind<T> =>
  single(`<${words.join("|")}>`, (value) => {
    const found = words.find((each) => each === value);
    return found ?? fail(`must be ${words.join(" or ")}`, value);
  });

export const yesOrNo: Kind<boolean> = single("", (value) => {
  if (value === "true" || value === "1") return true;
  return value === "false" || value === "0" ? false : fail("must be true or false", value);
});

/** Ports, counts, milliseconds. The default bound is a slip of the finger: no process holds as many of anything. */
export const whole = (min: number, max = 1_000_000_000, placeholder = "<n>"): Kind<number> =>
  single(placeholder, (value) => {
    const number = numberOf(value);
    if (Number.isInteger(number) && number >= min && number <= max) return number;
    return fail(`must be a whole number from ${String(min)} to ${String(max)}`, value);
  });

export const milliseconds = whole(1, 1_000_000_000, "<ms>");

/** From 0 on, with decimals. */
export const decimal = (example: string, placeholder = "<number>"): Kind<number> =>
  single(placeholder, (value) => {
    const number = numberOf(value);
    return number >= 0 && number < Infinity ? number : fail(`must be a number like ${example}`, value);
  });

/** `512MB`, `2GB`, or a number of bytes. Units of 1000, as everywhere here. */
export const bytes: Kind<number> = single("<bytes>", (value) => {
  const [, digits = "", unit = ""] = /^([\d.]+) ?([kMG]?)B?$/.exec(value) ?? [];
  const number = Math.round(numberOf(digits) * (BYTES[unit] ?? NaN));
  return number > 0 ? number : fail("must be a size like 512MB or 2GB", value);
});

/** `5%` or `0.05`. */
export const share = (max: number): Kind<number> =>
  single("<share>", (value) => {
    const number = value.endsWith("%") ? numberOf(value.slice(0, -1)) / 100 : numberOf(value);
    return number >= 0 && number <= max ? number : fail(`must be a share like 5%, from 0 to ${max * 100}%`, value);
  });

/** An address with one of the schemes named, like `wss://tracker.example.com`. */
export const url = (...schemes: readonly string[]): Kind<string> =>
  single("<url>", (value) => (isUrl(value, schemes) ? value : fail(`must be a ${schemes.join(" or ")} URL`, value)));

/** Repeated, or with commas between. */
export const list = <T>(each: Kind<T>): Kind<readonly T[]> => ({
  placeholder: each.placeholder,
  read: (texts) =>
    texts
      .flatMap((value) => value.split(","))
      .map((value) => value.trim())
      .filter((value) => value !== "")
      .map((value) => each.read([value])),
  write: (values) => values.map((value) => each.write(value)),
});

/** Another kind whose values are checked by whoever uses them. `check` throws. */
export const checked = <T>(kind: Kind<T>, check: (value: T) => unknown): Kind<T> => ({
  ...kind,
  read(texts) {
    const value = kind.read(texts);
    check(value);
    return value;
  },
});

/** A kind of one text, which `read` gets without the space around it. */
export function single<T>(placeholder: string, read: (value: string) => T): Kind<T> & { write(value: T): Json } {
  return {
    placeholder,
    read([value = "", ...others]) {
      if (others.length > 0) throw new OptionError("must be given once");
      return read(value.trim());
    },
    write: (value) => (typeof value === "number" || typeof value === "boolean" ? value : String(value)),
  };
}

/** `how` says how a value must be. */
export function fail(how: string, value: string): never {
  throw new OptionError(`${how}, not "${value}"`);
}

/** Not `Number` alone, to which nothing at all is 0. */
export const numberOf = (value: string): number => (value.trim() === "" ? NaN : Number(value));

export const isUrl = (value: string, schemes: readonly string[]): boolean =>
  schemes.some((scheme) => value.startsWith(scheme)) && URL.canParse(value);

/** Stands for a secret wherever settings are printed. */
export const HIDDEN = "hidden";
export const SOCKET_SCHEMES: readonly string[] = ["ws://", "wss://"];
const BYTES: Readonly<Record<string, number>> = { "": 1, k: 1e3, M: 1e6, G: 1e9 };
