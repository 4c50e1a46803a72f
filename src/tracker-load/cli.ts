import { Command, InvalidArgumentError, Option } from "commander";
import { runLoad, type LoadOptions } from "./load.ts";
import { runRestart } from "./restart.ts";

/** What `hls-swarm load` takes. */
export function loadCommand(): Command {
  return new Command("load")
    .summary("sends a crowd of viewers to a tracker and says how it fared")
    .description("Sends a crowd of viewers to a tracker and says how it fared. No video is moved.")
    .usage("[options]")
    .allowExcessArguments(false)
    .addOption(new Option("--tracker <url>", "the tracker").default("ws://127.0.0.1:8080").argParser(readUrl))
    .addOption(number("--viewers <n>", "how many come", 1_000, 1, 1_000_000))
    .addOption(number("--joins-per-second <n>", "how fast", 200, 0.1, 100_000))
    .addOption(number("--hold-seconds <n>", "how long they stay once all are there", 10, 0, 86_400))
    .addOption(number("--swarms <n>", "streams that they spread over", 1, 1, 1_000_000))
    .addOption(number("--peers <n>", "peers that each connects to", 5, 0, 16))
    .addOption(number("--relays-per-second <n>", "signals beyond those of connecting", 0, 0, 1_000_000))
    .option("--expect-restart", "wait for a restart of the tracker, as long as they stay, and say how they came back")
    .option("--json", "the figures as JSON")
    .helpOption("--help", "this text")
    .addHelpText("after", HELP_AFTER)
    .action(async ({ json, expectRestart, ...options }: LoadOptions & { json?: true; expectRestart?: true }) => {
      const figures = await (expectRestart ? runRestart : runLoad)(
        options,
        (text) => void process.stderr.write(`${text}\n`),
      );
      process.stdout.write(json ? `${JSON.stringify(figures)}\n` : tableOf(figures));
    });
}

function number(flags: string, help: string, standard: number, min: number, max: number): Option {
  return new Option(flags, help).default(standard).argParser((value) => {
    const read = value.trim() === "" ? NaN : Number(value);
    if (read >= min && read <= max) return read;
    throw new InvalidArgumentError(`It must be a number from ${String(min)} to ${String(max)}.`);
  });
}

function readUrl(value: string): string {
  if (/^wss?:/.test(value) && URL.canParse(value)) return value;
  throw new InvalidArgumentError("It must be a ws:// or wss:// URL.");
}

function tableOf(figures: Awaited<ReturnType<typeof runLoad | typeof runRestart>>): string {
  const { refusals, ...numbers } = figures;
  const rows: [string, string][] = Object.entries<number | undefined>(numbers).map(([name, value]) => [
    name,
    value === undefined ? "-" : String(Math.round(value * 10) / 10),
  ]);
  for (const [reason, times] of Object.entries(refusals)) rows.push([`refused: ${reason}`, String(times)]);
  return rows.map(([name, value]) => `${name.padEnd(36)}${value.padStart(12)}\n`).join("");
}

const HELP_AFTER = `
To a tracker on this machine the viewers come from many addresses of 127/8. Another machine sees one address: start its
tracker with larger --connections-per-address-max and --upgrades-per-address.`;
