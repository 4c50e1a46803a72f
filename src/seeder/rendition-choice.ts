/** Which renditions of a stream a seeder carries, as its operator says it: `720p`, `1280x720`, `<3M`, or a word of its name. */
import { OptionError } from "../base/option-error.ts";

/** As much of a rendition as is chosen by. */
export interface Choosable {
  readonly kind: "main" | "audio";
  readonly name: string;
  readonly bitsPerSecond: number | undefined;
}

/**
 * Those that any of `wishes` means, all without wishes. Audio that has a playlist of its own is carried in any case: it
 * is small, and its viewers play it beside each of the others. Throws an {@link OptionError} when a wish means nothing.
 */
export function chooseRenditions<Rendition extends Choosable>(
  all: readonly Rendition[],
  wishes: readonly string[],
): readonly Rendition[] {
  if (wishes.length === 0) return all;
  const chosen = new Set(all.filter(({ kind }) => kind === "audio"));
  for (const wish of wishes) {
    const meant = all.filter((rendition) => isMeant(rendition, wish.toLowerCase()));
    if (meant.length === 0)
      throw new OptionError(`"${wish}" is none of the renditions: ${all.map(({ name }) => name).join(", ")}`);
    for (const rendition of meant) chosen.add(rendition);
  }
  return all.filter((rendition) => chosen.has(rendition));
}

function isMeant({ name, bitsPerSecond }: Choosable, wish: string): boolean {
  const [, bound, unit = ""] = /^<([\d.]+)([km]?)$/.exec(wish) ?? [];
  if (bound !== undefined) return (bitsPerSecond ?? Infinity) <= Number(bound) * (UNITS[unit] ?? 1);
  const words = name.toLowerCase().split(/\s+/);
  const [, height] = /^(\d+)p$/.exec(wish) ?? [];
  return words.includes(wish) || (height !== undefined && words.some((word) => word.endsWith(`x${height}`)));
}

const UNITS: Readonly<Record<string, number>> = { "": 1, k: 1e3, m: 1e6 };
