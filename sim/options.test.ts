import { expect, test } from "vitest";
import { parseCommand, replayCommand, UsageError } from "./options.ts";

const parse = (line: string): ReturnType<typeof parseCommand> => parseCommand(line.split(" "));

test("a name alone runs the scenario as it stands, once", () => {
  const command = parse("flash-crowd");
  expect(command).toMatchObject({ type: "run", scenario: { name: "flash-crowd" }, seeds: 1, json: false });
  if (command.type === "run") expect(Object.values(command.asked).every((value) => value === undefined)).toBe(true);
});

test("every option is heard", () => {
  const command = parse(
    "live --viewers 500 --seed 42 --seeds 3 --uplinks tight --segment-seconds 2 --behind-seconds 4.5 --bitrate-mbps 2.5 " +
      "--session-seconds 60 --minutes 1.5 --loss-pct 0.5 --tune urgentMs=2000 --tune pipelineMax=8 --json",
  );
  expect(command).toMatchObject({
    seeds: 3,
    json: true,
    asked: {
      viewers: 500,
      seed: 42,
      uplinks: "tight",
      segmentSeconds: 2,
      behindSeconds: 4.5,
      bitsPerSecond: 2_500_000,
      sessionSeconds: 60,
      measuredSeconds: 90,
      lossShare: 0.005,
      tuning: { urgentMs: 2000, pipelineMax: 8 },
    },
  });
});

test.each(["0", "inf"])("sessions of %s never end", (text) => {
  expect(parse(`live --session-seconds ${text}`)).toMatchObject({ asked: { sessionSeconds: Infinity } });
});

test("a tracker that does not know the regions can be asked for", () => {
  expect(parse("regions --no-geo")).toMatchObject({ asked: { isRegionTold: false } });
});

test.each([
  ["report --quick", { type: "report", quick: true }],
  ["report", { type: "report", quick: false }],
  ["baselines", { type: "baselines" }],
  ["--help", { type: "help" }],
])("%s is understood", (line, command) => {
  expect(parse(line)).toEqual(command);
});

test("without arguments: help", () => {
  expect(parseCommand([])).toEqual({ type: "help" });
});

test.each([
  ["dvr", "unknown scenario dvr; there are live, no-churn"],
  ["live vod", "one scenario at a time, not live and vod"],
  ["live --viewers 0", "--viewers must be a whole number from 1 to 100000, not 0"],
  ["live --viewers 2.5", "--viewers must be a whole number"],
  ["live --viewers=", "--viewers must be"],
  ["live --seed -1", "--seed"],
  ["live --uplinks fibre", "--uplinks must be one of mixed, tight, poor, edge, tiny, equal, super, none, not fibre"],
  ["live --session-seconds 1", "--session-seconds must be 0, inf or a number from 5 to 86400, not 1"],
  ["live --loss-pct 80", "--loss-pct must be a number from 0 to 50, not 80"],
  ["live --behind-seconds 3", "--behind-seconds must be at least one segment (4 s), not 3"],
  ["vod --behind-seconds 12", "--behind-seconds: vod is video on demand"],
  ["live --tune speed=3", "--tune speed: there are "],
  ["live --tune urgentMs", "--tune urgentMs must be urgentMs=<number>, not urgentMs"],
  ["live --tune urgentMs=fast", "--tune urgentMs must be urgentMs=<number>, not urgentMs=fast"],
  ["live --trace a.json --seeds 2", "--trace shows one run"],
  ["live --no-geo", "--no-geo: live has no regions"],
  ["live --quick", "--quick belongs to report"],
  ["report --viewers 3", "report takes no --viewers"],
  ["baselines --quick", "baselines takes no --quick"],
  ["live --speed 3", "--speed"],
])("%s is refused by name", (line, message) => {
  const attempt = (): unknown => parse(line);
  expect(attempt).toThrow(UsageError);
  expect(attempt).toThrow(message);
});

test.each([
  ["live", "npm run sim -- live --seed 7"],
  ["live --seeds 5 --viewers 20 --json", "npm run sim -- live --viewers 20 --seed 7"],
  ["live --seed=3 --seeds=5 --uplinks tight", "npm run sim -- live --uplinks tight --seed 7"],
])("a run of %s is repeated by its seed", (line, command) => {
  expect(replayCommand(line.split(" "), 7)).toBe(command);
});
