import { expect, test } from "vitest";
import { SegmentCutter, type CutRule } from "./segment-cutter.ts";

/** The lengths of the segments that fragments of these lengths make; a key frame begins those marked with "k". */
function segmentsOf(rule: CutRule, fragments: readonly string[], targetDuration?: number): readonly number[] {
  const cutter = new SegmentCutter(rule);
  if (targetDuration !== undefined) cutter.limitTo(targetDuration);
  const segments: number[] = [];
  let lasted = 0;
  const close = (): void => {
    segments.push(lasted);
    lasted = 0;
    cutter.restart();
  };
  for (const written of fragments) {
    const fragment = { duration: Number.parseFloat(written), isIndependent: written.endsWith("k") };
    if (cutter.endsBefore(fragment)) close();
    lasted += fragment.duration;
    if (cutter.add(fragment)) close();
  }
  return segments;
}

const FORCED = { segmentSeconds: 2, hasForcedKeyFrames: true };
const COPIED = { segmentSeconds: 2, hasForcedKeyFrames: false };

test.each<[string, CutRule, readonly string[], readonly number[]]>([
  ["an encoder's segment ends with its last part", FORCED, ["0.5k", "0.5", "0.5", "0.5"], [2]],
  ["29.97 frames a second: a little longer", FORCED, ["1.001k", "1.001", "1.001k", "1.001"], [2.002, 2.002]],
  ["ticks that are rounded down", FORCED, ["1k", "0.9999", "1k"], [1.9999]],
  ["a copy ends when a key frame comes", COPIED, ["1k", "1", "1k", "1", "1k"], [2, 2]],
  ["key frames twice as often as segments are asked for", COPIED, ["1k", "1k", "1k", "1k", "1k"], [2, 2]],
  ["key frames half as often", COPIED, ["2k", "2", "2k", "2", "2k"], [4, 4]],
  ["key frames a little too often", COPIED, ["1.9k", "1.9k", "1.9k"], [1.9, 1.9]],
])("[LI44] %s", (_name, rule, fragments, segments) => {
  expect(segmentsOf(rule, fragments)).toEqual(segments);
});

test("[LI44] no segment is longer than the target duration, wherever key frames are", () => {
  const fragments = ["1k", ...Array.from({ length: 11 }, () => "1")];
  expect(segmentsOf(COPIED, fragments, 4)).toEqual([4, 4]);
  expect(segmentsOf(COPIED, fragments)).toEqual([10]);
});
