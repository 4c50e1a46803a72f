import { expect, test } from "vitest";
import { parseByteRange } from "./byte-range.ts";

test.each([
  [undefined, undefined],
  ["bytes=0-", { start: 0, end: 100 }],
  ["bytes=10-19", { start: 10, end: 20 }],
  ["bytes=90-1000", { start: 90, end: 100 }],
  ["bytes=99-99", { start: 99, end: 100 }],
  ["Bytes= 5-6 ", { start: 5, end: 7 }],
  ["bytes=-10", { start: 90, end: 100 }],
  ["bytes=-1000", { start: 0, end: 100 }],
  ["bytes=0-99999999999999999999999", { start: 0, end: 100 }],
  ["bytes=100-", "unsatisfiable"],
  ["bytes=100-200", "unsatisfiable"],
  ["bytes=99999999999999999999999-", "unsatisfiable"],
  ["bytes=-0", "unsatisfiable"],
  ["bytes=20-10", undefined],
  ["bytes=-", undefined],
  ["bytes=0-1,5-6", undefined],
  ["items=0-1", undefined],
  ["bytes=a-b", undefined],
  ["bytes=--1", undefined],
  ["", undefined],
])("of 100 bytes %j is %j", (header, range) => {
  expect(parseByteRange(header, 100)).toEqual(range);
});

test.each(["bytes=0-", "bytes=-1", "bytes=0-0"])("of nothing at all, %j cannot be had", (header) => {
  expect(parseByteRange(header, 0)).toBe("unsatisfiable");
});
