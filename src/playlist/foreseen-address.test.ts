import { expect, test } from "vitest";
import { foreseeAddress } from "./foreseen-address.ts";

test.each([
  ["a plain counter", "seg-16.m4s", "seg-17.m4s", "seg-18.m4s"],
  ["one that gains a digit", "seg-8.ts", "seg-9.ts", "seg-10.ts"],
  ["a padded one", "seg-00098.ts", "seg-00099.ts", "seg-00100.ts"],
  ["a padding that is used up", "seg-98.ts", "seg-99.ts", "seg-100.ts"],
  ["a counter with a step of its own", "t-9000.m4s", "t-15000.m4s", "t-21000.m4s"],
  ["several fields, of which some stay", "v2/720p30/41_82000.m4s", "v2/720p30/42_84000.m4s", "v2/720p30/43_86000.m4s"],
  ["a directory that grows, too", "1041/part-1.ts", "1042/part-2.ts", "1043/part-3.ts"],
  ["nanoseconds", "1767225600000000000.ts", "1767225602000000000.ts", "1767225604000000000.ts"],
  ["a token that is alike for all", "s16.ts?token=a1b2&e=99", "s17.ts?token=a1b2&e=99", "s18.ts?token=a1b2&e=99"],
  [
    "an absolute address",
    "https://c2.example:81/l/7.ts",
    "https://c2.example:81/l/8.ts",
    "https://c2.example:81/l/9.ts",
  ],
  ["another host", "//c2.example/l/7.ts", "//c2.example/l/8.ts", "//c2.example/l/9.ts"],
  ["the root of the host", "/live/7.ts", "/live/8.ts", "/live/9.ts"],
  ["a parent directory", "../7.ts#t=1", "../8.ts#t=1", "../9.ts#t=1"],
])("%s is foreseen", (_, before, newest, next) => {
  expect(foreseeAddress(before, newest, 1)).toBe(next);
});

test("two places ahead is two steps", () => {
  expect(foreseeAddress("seg-00041-82000.m4s", "seg-00042-84000.m4s", 2)).toBe("seg-00044-88000.m4s");
});

test.each([
  ["hashes", "c0ffee12.ts", "badf00d7.ts"],
  ["another directory", "a/41.ts", "b/42.ts"],
  ["a query of each segment's own", "41.ts?sig=ab", "42.ts?sig=cd"],
  ["a query that counts, which nothing would prove", "s.ts?n=41", "s.ts?n=42"],
  ["hosts that take turns", "https://c1.example/41.ts", "https://c2.example/42.ts"],
  ["a query that comes and goes", "41.ts", "42.ts?x=1"],
  ["one more number", "41.ts", "42-1.ts"],
])("%s are not foreseen", (_, before, newest) => {
  expect(foreseeAddress(before, newest, 1)).toBeUndefined();
});
