/** What a site may set of the policy (PO rules), and the check of it: a limit with a slip in it must not become none. */
import { OptionError } from "../base/option-error.ts";
import { DEFAULT_LIMITS, type SharingLimits } from "../swarm/core/sharing-policy.ts";

/** Keeps what this viewer uploads in a month, wherever the site likes. Nothing is kept by the library. */
export interface MonthCount {
  /** Bytes uploaded this month. */
  read(): number;
  /** So many more have been. */
  add(bytes: number): void;
}

export interface SharingOptions extends Partial<SharingLimits> {
  readonly month?: MonthCount;
}

/** Throws an OptionError that names the field. */
export function limitsOf({ month, ...limits }: SharingOptions = {}): Partial<SharingLimits> {
  const usual: Readonly<Record<string, unknown>> = { ...DEFAULT_LIMITS };
  for (const [name, value] of Object.entries<unknown>(limits)) {
    const max = SHARES.includes(name) ? 1 : Infinity;
    const isMode = typeof usual[name] === "string";
    const isRight = isMode ? MODES.includes(value) : typeof value === "number" && value >= 0 && value <= max;
    const should = isMode ? MODES.join(", ") : max === 1 ? "a number from 0 to 1" : "a number, at least 0";
    if (!(name in usual)) throw new OptionError(`there is no sharing.${name}`);
    if (!isRight) throw new OptionError(`sharing.${name} must be ${should}, not ${String(value)}`);
  }
  if (limits.monthBytesMax !== undefined && !month)
    throw new OptionError("sharing.month must count the month where there is a sharing.monthBytesMax");
  return limits;
}

const MODES: readonly unknown[] = ["serve", "fetch", "off"];
const SHARES = ["batteryMin", "uplinkShare"];
