/** The renditions that are asked for, as text: "1280x720@2500k,640x360@800k", or "copy". */
import { OptionError } from "../base/option-error.ts";
import type { Rung } from "./packaged-stream.ts";

/** "copy" has no rungs: the source as it is. Throws an {@link OptionError} that says how they are written. */
export function parseLadder(text: string): readonly Rung[] {
  if (text.trim() === "copy") return [];
  const rungs = text.split(",").map((rung) => {
    const [, width, height, rate, unit] = RUNG.exec(rung.trim()) ?? [];
    const parsed = {
      width: Number(width),
      height: Number(height),
      videoBitsPerSecond: Math.round(Number(rate) * (unit?.toLowerCase() === "m" ? 1_000_000 : 1000)),
    };
    const fits = [parsed.width, parsed.height].every((side) => side >= 16 && side <= SIDE_MAX && side % 2 === 0);
    if (rate === undefined || !fits || parsed.videoBitsPerSecond < BITS_PER_SECOND_MIN)
      throw new OptionError(`a rendition is written as 1280x720@2500k, with even sides, not as "${rung.trim()}"`);
    return parsed;
  });
  const told = new Set(
    rungs.map(({ height, videoBitsPerSecond }) => `${height}@${Math.round(videoBitsPerSecond / 1000)}`),
  );
  if (told.size < rungs.length) throw new OptionError("two renditions of one height and rate are one");
  if (rungs.length > RUNGS_MAX) throw new OptionError(`more than ${RUNGS_MAX} renditions`);
  return rungs;
}

const RUNG = /^(\d+)x(\d+)@(\d+(?:\.\d+)?)([kKmM])$/;
/** H.264 level 6. */
const SIDE_MAX = 8192;
const BITS_PER_SECOND_MIN = 10_000;
/** One machine encodes no more, and one ffmpeg has a pipe for each. */
const RUNGS_MAX = 8;
