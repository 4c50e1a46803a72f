import { expect, test } from "vitest";
import { parseLadder } from "./ladder.ts";

test("[LI41] a ladder is written as sizes and rates", () => {
  expect(parseLadder("1280x720@2500k, 640x360@0.8M")).toEqual([
    { width: 1280, height: 720, videoBitsPerSecond: 2_500_000 },
    { width: 640, height: 360, videoBitsPerSecond: 800_000 },
  ]);
  expect(parseLadder("copy")).toEqual([]);
});

test.each([
  ["720p", "written as"],
  ["1280x720", "written as"],
  ["1281x720@2500k", "even sides"],
  ["1280x720@1k", "written as"],
  ["99999x720@2500k", "written as"],
  ["", "written as"],
  ["1280x720@2500k,1280x720@2500k", "are one"],
  [Array.from({ length: 9 }, (_, index) => `320x180@${index + 100}k`).join(","), "more than 8"],
])("[LI41] %j is no ladder: %s", (text, reason) => {
  expect(() => parseLadder(text)).toThrow(reason);
});
