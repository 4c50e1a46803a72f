import { expect, test } from "vitest";
import { UsageError } from "../command-line.ts";
import { parseOptions } from "./options.ts";

test("without arguments: the run that the README shows", () => {
  expect(parseOptions([])).toMatchObject({
    runs: 1,
    viewers: 8,
    seconds: 80,
    segmentSeconds: 2,
    mode: "live",
    uplinkBitsPerSecond: 0,
    fault: undefined,
    json: false,
  });
  expect(parseOptions([]).contenders.map(({ name }) => name)).toEqual([
    "plain",
    "p2p-media-loader",
    "p2p-media-loader-tuned",
    "hls-swarm",
  ]);
});

test("every option is heard", () => {
  const args =
    "--runs 5 --viewers 3 --seconds 20 --segment-seconds 4 --mode vod --contenders hls-swarm,plain --stagger-ms 0";
  const more = "--uplink-mbps 2.5 --fault peer-kill --concurrent --json";
  const options = parseOptions(`${args} ${more}`.split(" "));
  expect({ ...options, contenders: options.contenders.map(({ name }) => name) }).toEqual({
    runs: 5,
    viewers: 3,
    seconds: 20,
    segmentSeconds: 4,
    mode: "vod",
    contenders: ["hls-swarm", "plain"],
    staggerMs: 0,
    uplinkBitsPerSecond: 2_500_000,
    fault: "peer-kill",
    concurrent: true,
    json: true,
  });
});

test.each([
  ["--runs 0", "--runs must be"],
  ["--viewers 0", "--viewers must be"],
  ["--viewers 2.5", "--viewers must be a whole number"],
  ["--viewers=", "--viewers must be"],
  ["--segment-seconds 5", "--segment-seconds must be one of"],
  ["--mode dvr", "--mode must be"],
  ["--fault flood", "--fault must be one of"],
  ["--contenders plain,nobody", "unknown contender nobody"],
  ["--speed 3", "--speed"],
])("%s is refused by name", (line, message) => {
  const parse = (): unknown => parseOptions(line.split(" "));
  expect(parse).toThrow(UsageError);
  expect(parse).toThrow(message);
});
