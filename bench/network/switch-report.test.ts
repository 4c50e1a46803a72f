import { expect, test } from "vitest";
import { parseSwitchReport, saturatedSpans } from "./switch-report.ts";

test("a line of the switch's output", () => {
  expect(parseSwitchReport("1700000000000 100,1,2,300,4 5,6,7,8,9")).toEqual({
    at: 1_700_000_000_000,
    lines: [
      { upBytes: 100, upDropped: 1, lost: 2, downBytes: 300, downDropped: 4 },
      { upBytes: 5, upDropped: 6, lost: 7, downBytes: 8, downDropped: 9 },
    ],
  });
});

test("an uplink is full while it sends nearly all that it can", () => {
  // 1 Mbit/s is 62,500 bytes in half a second.
  const reports = [0, 62_000, 92_000, 150_000].map((upBytes, i) =>
    parseSwitchReport(`${1000 + 500 * i} 0,0,0,0,0 ${upBytes},0,0,0,0`),
  );
  expect(saturatedSpans(reports, 1, 1e6)).toEqual([
    { from: 1000, to: 1500 },
    { from: 2000, to: 2500 },
  ]);
  expect(saturatedSpans(reports, 0, 1e6)).toEqual([]);
});
