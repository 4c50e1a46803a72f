import { expect, test } from "vitest";
import { svgOf, type Chart } from "./chart.ts";

const chart: Chart = {
  title: "Copies & <viewers>",
  x: { title: "viewers", ticks: [10, 100, 1000], log: true },
  y: { title: "copies", ticks: [0, 1, 2] },
  lines: [
    {
      name: "mixed",
      colour: 0,
      points: [
        { x: 10, y: 1 },
        { x: 100, y: 1 },
        { x: 1000, y: 2 },
      ],
    },
    {
      name: "",
      colour: 0,
      dashed: true,
      points: [
        { x: 10, y: 1 },
        { x: 1000, y: 1 },
      ],
    },
    {
      name: "tight",
      colour: 1,
      points: [
        { x: 10, y: 5 },
        { x: 1000, y: 2 },
      ],
    },
  ],
};
const svg = svgOf(chart);
const all = (pattern: RegExp): string[] => [...svg.matchAll(pattern)].map((match) => match[1] ?? "");

test("what is written is escaped", () => {
  expect(svg).toContain(">Copies &amp; &lt;viewers></text>");
});

test("a decade is as wide as the next, and what lies beyond the axis stays on its edge", () => {
  const xs = all(/<circle [^>]*cx="([\d.]+)"/g).map(Number);
  const [left = NaN, middle = NaN, right = NaN] = xs;
  expect(middle - left).toBeCloseTo(right - middle);
  const ys = all(/<circle [^>]*cy="([\d.]+)"/g).map(Number);
  expect(ys[3]).toBe(ys[2]);
});

test("names stand apart where lines end together, and a line without one has none", () => {
  expect(all(/class="name c\d"[^>]*>([^<]*)</g).sort()).toEqual(["mixed", "tight"]);
  const [first = NaN, second = NaN] = all(/class="name c\d"[^>]* y="([\d.]+)"/g).map(Number);
  expect(Math.abs(first - second)).toBeGreaterThanOrEqual(16);
});
