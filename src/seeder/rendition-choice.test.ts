import { expect, test } from "vitest";
import { OptionError } from "../base/option-error.ts";
import { chooseRenditions } from "./rendition-choice.ts";

const ALL = [
  { kind: "main", name: "640x360 0.8 Mbit/s", bitsPerSecond: 800_000 },
  { kind: "main", name: "1280x720 2.4 Mbit/s", bitsPerSecond: 2_400_000 },
  { kind: "main", name: "1920x1080 5.0 Mbit/s", bitsPerSecond: 5_000_000 },
  { kind: "audio", name: "audio English", bitsPerSecond: undefined },
] as const;

test.each([
  [[], ["640x360", "1280x720", "1920x1080", "audio"]],
  [["720p"], ["1280x720", "audio"]],
  [
    ["1920x1080", "360p"],
    ["640x360", "1920x1080", "audio"],
  ],
  [["<2.4M"], ["640x360", "1280x720", "audio"]],
  [["<900k"], ["640x360", "audio"]],
  [["english"], ["audio"]],
])("[SE51] %j of a stream are %j", (wishes, chosen) => {
  expect(chooseRenditions(ALL, wishes).map(({ name }) => name.split(" ")[0])).toEqual(chosen);
});

test.each(["480p", "20p", "<100k", "toString"])("[SE51] %s means none: what there is, is named", (wish) => {
  expect(() => chooseRenditions(ALL, [wish])).toThrow(OptionError);
  expect(() => chooseRenditions(ALL, [wish])).toThrow("1280x720 2.4 Mbit/s, 1920x1080");
});
