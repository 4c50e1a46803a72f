/** The command `swarm`: viewers without screens, for trying a stream's swarm and for loading it. Reads options, prints figures. */
import { Command, InvalidArgumentError, Option } from "commander";
import { SILENT } from "../base/logger.ts";
import { OptionError } from "../base/option-error.ts";
import type { Seconds } from "../base/time.ts";
import { openViewers, type SwarmOptions } from "./open-viewers.ts";
import { lineOf, memberOf, tableOf } from "./report.ts";

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
    .action(run);
}

interface Flags extends Omit<SwarmOptions, "playlist" | "tracker"> {
  readonly tracker?: readonly string[];
  readonly seconds: Seconds;
  readonly reportSeconds: Seconds;
  readonly json?: true;
  readonly each?: true;
  readonly strict?: true;
}

async function run(playlist: string, { tracker = [], seconds, reportSeconds, ...flags }: Flags): Promise<void> {
  const { json, each, strict } = flags;
  if (tracker.length === 0) throw new OptionError("give --tracker: without one nobody meets");
  if (each && !json) throw new OptionError("--each is of use with --json alone");
  const print = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`);
  const { pool, close } = await openViewers(
    { ...flags, playlist, tracker },
    {
      logger: SILENT,
      got: (segment) => {
        if (each) print({ type: "segment", ...segment });
      },
    },
  );
  const report = (ended: boolean): void => {
    const members = each && { members: pool.viewers.map(memberOf) };
    if (json) print({ type: "report", ended, ...pool.figures(), ...members });
    else process.stderr.write(lineOf(pool.figures()));
  };
  const reporting = setInterval(report, reportSeconds * 1000, false);
  await endOf(seconds);
  clearInterval(reporting);
  const figures = pool.figures();
  if (json) report(true);
  else process.stdout.write(tableOf(figures));
  close();
  if (strict && (figures.stalls > 0 || figures.startUpMsP50 === undefined)) process.exitCode = EXIT_STALLED;
  // WebRTC's threads would keep the process for some seconds more.
  setTimeout(() => process.exit(), GOODBYE_MS);
}

/** The time is over, or somebody has had enough. */
function endOf(seconds: Seconds): Promise<void> {
  return new Promise((resolve) => {
    if (seconds > 0) setTimeout(resolve, seconds * 1000);
    for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, resolve);
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
const EXIT_STALLED = 1;
/** Links say goodbye, and the tracker is told. */
const GOODBYE_MS = 200;
