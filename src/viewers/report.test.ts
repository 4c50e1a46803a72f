import { expect, test } from "vitest";
import { trackerLines } from "./report.ts";

test("a tracker is worth a line when it is not reached, and when it is after that", () => {
  const lines: string[] = [];
  const news = trackerLines((line) => lines.push(line));
  news.joined();
  expect(lines).toEqual([]);
  news.away("tracker.example: ECONNREFUSED");
  news.joined();
  expect(lines).toEqual([
    "no tracker lets them in, so nobody meets: tracker.example: ECONNREFUSED\n",
    "a tracker lets them in\n",
  ]);
});
