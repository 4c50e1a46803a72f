/** What the command lines of all benchmarks have in common: how they are read, and what is said of a bad one. */
import { parseArgs, type ParseArgsConfig } from "node:util";

/** Thrown for a command line that makes no sense; its message is for the person who typed it. */
export class UsageError extends Error {}

export interface Bounds {
  readonly min: number;
  readonly max: number;
  readonly isWhole?: true;
}

/** The values of the options, as texts. */
export function readArguments<const Options extends NonNullable<ParseArgsConfig["options"]>>(
  args: readonly string[],
  options: Options,
) {
  try {
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

export function parseNumber(name: string, text: string, { min, max, isWhole }: Bounds): number {
  const value = text.trim() === "" ? NaN : Number(text);
  if (!(value >= min && value <= max) || (isWhole && !Number.isInteger(value)))
    throw new UsageError(`--${name} must be a ${isWhole ? "whole " : ""}number from ${min} to ${max}, not ${text}`);
  return value;
}

export function parseSegmentSeconds(text: string): number {
  const seconds = SEGMENT_SECONDS.find((one) => String(one) === text);
  if (seconds === undefined)
    throw new UsageError(`--segment-seconds must be one of ${SEGMENT_SECONDS.join(", ")}, not ${text}`);
  return seconds;
}

/** Whole multiples of the sample stream's segments that divide its loop of 24 s. */
const SEGMENT_SECONDS: readonly number[] = [2, 4, 6, 8, 12];
