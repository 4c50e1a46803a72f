import { expect, test } from "vitest";
import { OptionError } from "../base/option-error.ts";
import { EVERYBODY, NOBODY, publishKeysOf } from "./publish-keys.ts";

const [ONE, OTHER] = ["one-key-that-is-long-enough", "another-key-of-another-length.~_"];

test.each([
  [ONE, undefined],
  [OTHER, undefined],
  [`${ONE}x`, "wrong"],
  [ONE.slice(0, -1), "wrong"],
  ["", "missing"],
  [undefined, "missing"],
])("[LI10] of two keys %j is %j", (key, fault) => {
  expect(publishKeysOf([ONE, OTHER]).faultOf(key)).toBe(fault);
});

test("[LI11] without keys nobody publishes, or everybody, as the operator says", () => {
  expect([NOBODY.faultOf(ONE), EVERYBODY.faultOf(undefined)]).toEqual(["closed", undefined]);
});

test.each(["short", "fifteen-letters", "a key with spaces in it", "a-key-with-a-question-mark?", "x".repeat(257)])(
  "%j is refused as a key, and not repeated",
  (key) => {
    expect(() => publishKeysOf([ONE, key])).toThrow(OptionError);
    expect(() => publishKeysOf([key])).not.toThrow(new RegExp(key.replace("?", "\\?")));
  },
);
