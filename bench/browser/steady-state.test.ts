import { expect, test } from "vitest";
import { pickSteadySegments, type SegmentTrace } from "./steady-state.ts";

const trace = (sequence: number, firstAskedAt: number | undefined, ...viewers: string[]): SegmentTrace => ({
  sequence,
  firstAskedAt,
  viewers: new Set(viewers),
});

const live = { live: true, from: 1000, viewers: ["a", "b"] };

test("live: a segment first asked for before everybody had settled does not count", () => {
  expect(pickSteadySegments([trace(1, 999, "a", "b"), trace(2, 1000, "a", "b")], live)).toEqual([2]);
});

test("a segment that a viewer never got does not count", () => {
  expect(pickSteadySegments([trace(1, 2000, "a"), trace(2, 2000, "a", "b", "killed")], live)).toEqual([2]);
});

test("a segment that the origin never sent does not count", () => {
  expect(pickSteadySegments([trace(1, undefined, "a", "b")], live)).toEqual([]);
});

test("on demand the time of the request does not matter", () => {
  expect(pickSteadySegments([trace(1, 0, "a", "b"), trace(2, 0, "a")], { ...live, live: false })).toEqual([1]);
});

test("nothing is steady until everybody plays", () => {
  expect(pickSteadySegments([trace(1, 2000, "a", "b")], { ...live, from: Infinity })).toEqual([]);
});
