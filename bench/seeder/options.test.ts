import { expect, test } from "vitest";
import { UsageError } from "../command-line.ts";
import { parseOptions } from "./options.ts";

test("without arguments: a ramp", () => {
  expect(parseOptions([])).toEqual({
    peers: undefined,
    seconds: 20,
    segmentSeconds: 4,
    bitsPerSecond: 3_000_000,
    uplinkMbps: undefined,
    processes: 2,
    profile: undefined,
    json: false,
  });
});

test("every option is heard", () => {
  const args =
    "--peers 10 --seconds 30 --mbps 1.5 --segment-seconds 6 --uplink-mbps 20 --processes 1 --profile p --json";
  expect(parseOptions(args.split(" "))).toEqual({
    peers: 10,
    seconds: 30,
    segmentSeconds: 6,
    bitsPerSecond: 1_500_000,
    uplinkMbps: 20,
    processes: 1,
    profile: "p",
    json: true,
  });
});

test.each([
  ["--peers 0", "--peers must be a whole number from 1"],
  ["--peers 1.5", "--peers must be a whole number"],
  ["--seconds 3", "--seconds must be a number from 4"],
  ["--mbps fast", "--mbps must be a number from 0.2"],
  ["--segment-seconds 5", "--segment-seconds must be one of"],
  ["--processes 9", "--processes must be a whole number from 1 to 8"],
  ["--speed 3", "--speed"],
])("%s is refused by name", (line, message) => {
  const parse = (): unknown => parseOptions(line.split(" "));
  expect(parse).toThrow(UsageError);
  expect(parse).toThrow(message);
});
