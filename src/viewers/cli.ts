/** The command `swarm`: its options and its help. What it does is loaded when it is called. */
import { Command, InvalidArgumentError, Option } from "commander";
import { OptionError } from "../base/option-error.ts";
import type { SwarmFlags } from "./run.ts";

/** What `hls-swarm swarm` takes. Its action throws an {@link OptionError} when an option is wrong. */
export function swarmCommand(): Command {
  return new Command("swarm")
    .summary("sends viewers without screens to a stream and says how they fared")
    .description(
      "Sends viewers without screens to a stream: each has a swarm engine and WebRTC links of its own, and a virtual\n" +
        "player that starts, buffers and stalls as hls.js would. Every few seconds it says how they fare.",
    )
    .argument("<playlist>", "URL of the stream")
    .usage("<playlist> --tracker <url> [options]")
    .allowExcessArguments(false)
    .option("--tracker <url>", "a tracker of the swarm; repeat it for more", addressOf)
    .addOption(number("--viewers <n>", "how many there are at once", 10, 1, 1_000))
    .addOption(number("--ramp-seconds <n>", "they come evenly over this time", 5, 0, 86_400))
    .addOption(number("--seconds <n>", "ends after this time; 0: by Ctrl-C", 60, 0, 8_640_000))
    .addOption(number("--leave-rate <share>", "share of them that leaves in a minute and is replaced", 0, 0, 60))
    .addOption(number("--upload <share>", "share of them that gives to others", 1, 0, 1))
    .addOption(number("--uplink-mbps <n>", "what each gives at most", undefined, 0.01, 10_000))
    .addOption(
      new Option("--integrity <kind>", "see the library's option")
        .choices(["required", "if-signed"])
        .default("required"),
    )
    .option("--content <name>", "the site's own name for the stream, where it has one")
    .option("--ticket <ticket>", "the same for all, where the tracker asks for tickets")
    .option("--ticket-secret-file <file>", "or one for each, signed with this secret; needs --content")
    .addOption(number("--start-at <seconds>", "where a VOD begins", 0, 0, 1_000_000))
    .addOption(number("--memory-mb <n>", "each keeps so many bytes at most", 32, 1, 4_096))
    .addOption(number("--report-seconds <n>", "how often it says how they fare", 5, 0.1, 3_600))
    .option("--json", "a line of JSON for each report, the last one with `ended`")
    .option("--each", "with --json: also every viewer, and a line for every segment that one gets")
    .option("--strict", "exit code 1 if anybody stalled, or nobody played")
    .helpOption("--help", "this text")
    .addHelpText("after", EXAMPLE)
    .action(async (playlist: string, { tracker = [], ...flags }: SwarmFlags & { tracker?: readonly string[] }) => {
      if (tracker.length === 0) throw new OptionError("give --tracker: without one nobody meets");
      if (flags.each && !flags.json) throw new OptionError("--each is of use with --json alone");
      const { runSwarm } = await import("./run.ts");
      await runSwarm({ ...flags, playlist, tracker });
    });
}

function number(flags: string, help: string, standard: number | undefined, min: number, max: number): Option {
  return new Option(flags, help).default(standard).argParser((value) => {
    const read = value.trim() === "" ? NaN : Number(value);
    if (read >= min && read <= max) return read;
    throw new InvalidArgumentError(`It must be a number from ${min} to ${max}.`);
  });
}

function addressOf(value: string, before: readonly string[] = []): readonly string[] {
  if (/^(?:ws|http)s?:/.test(value) && URL.canParse(value)) return [...before, value];
  throw new InvalidArgumentError("It must be a ws:// or wss:// URL.");
}

const EXAMPLE = `
Example:
  hls-swarm swarm https://cdn.example/live/index.m3u8 --tracker wss://tracker.example --viewers 50 --seconds 120`;
