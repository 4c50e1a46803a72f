import { expect, test } from "vitest";
import { UsageError } from "../command-line.ts";
import { parseOptions } from "./options.ts";

test("without arguments: the run that the README shows", () => {
  expect(parseOptions([])).toEqual({
    viewers: 16,
    witnesses: 2,
    uplinks: "mixed",
    roundTripMs: 40,
    lossShare: 0,
    seconds: 60,
    segmentSeconds: 4,
    bitsPerSecond: 1_000_000,
    behindSeconds: 12,
    seed: 1,
    json: false,
  });
});

test("every option is heard", () => {
  const args = "--viewers 4 --witnesses 1 --uplinks poor --rtt-ms 100 --loss-pct 0.5 --seconds 30 --segment-seconds 2";
  const more = "--bitrate-mbps 2.5 --behind-seconds 6 --seed 7 --json";
  expect(parseOptions(`${args} ${more}`.split(" "))).toEqual({
    viewers: 4,
    witnesses: 1,
    uplinks: "poor",
    roundTripMs: 100,
    lossShare: 0.005,
    seconds: 30,
    segmentSeconds: 2,
    bitsPerSecond: 2_500_000,
    behindSeconds: 6,
    seed: 7,
    json: true,
  });
});

test.each([
  ["--viewers 1", "--viewers must be"],
  ["--viewers 4 --witnesses 5", "--witnesses must be a whole number from 0 to 4"],
  ["--viewers=", "--viewers must be"],
  ["--uplinks fast", "--uplinks must be one of mixed"],
  ["--loss-pct 60", "--loss-pct must be a number from 0 to 50"],
  ["--segment-seconds 5", "--segment-seconds must be one of"],
  ["--segment-seconds 8 --behind-seconds 4", "--behind-seconds must be a number from 8"],
  ["--speed 3", "--speed"],
])("%s is refused by name", (line, message) => {
  const parse = (): unknown => parseOptions(line.split(" "));
  expect(parse).toThrow(UsageError);
  expect(parse).toThrow(message);
});
