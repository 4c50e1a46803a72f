#!/usr/bin/env node
/** The command `hls-swarm`: finds the subcommand and says what went wrong. Each subcommand reads its own options. */
import { readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { OptionError } from "./base/option-error.ts";
import { liveCommand } from "./live/cli.ts";
import { seederCommand } from "./seeder/cli.ts";
import { runSign } from "./signer/cli.ts";
import { ticketCommand } from "./ticket/cli.ts";
import { loadCommand } from "./tracker-load/cli.ts";
import { trackerCommand } from "./tracker-server/cli.ts";
import { swarmCommand } from "./viewers/cli.ts";

/** Reads its own arguments. */
const signCommand = new Command("sign")
  .summary("gives viewers what they check each other's bytes against")
  .argument("[arguments...]")
  .allowUnknownOption()
  .helpOption(false)
  .action(() => runSign(signCommand.args));

const program = new Command("hls-swarm")
  .description("Lets the viewers of an HLS stream carry it for each other.")
  .version(readVersion(), "-v, --version", "the version")
  .helpOption("-h, --help", "this text, or after a command its options")
  .addCommand(trackerCommand())
  .addCommand(liveCommand())
  .addCommand(seederCommand())
  .addCommand(signCommand)
  .addCommand(ticketCommand())
  .addCommand(loadCommand())
  .addCommand(swarmCommand());

for (const command of [program, ...program.commands]) {
  command.exitOverride(); // so that it is us who choose the exit code
  command.showHelpAfterError(
    `See ${[program.name(), command.name()].slice(command === program ? 1 : 0).join(" ")} --help`,
  );
}

/** As the package says it: its `package.json` is one folder up, from the sources and from what is built. */
function readVersion(): string {
  const text: unknown = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  return typeof text === "object" && text && "version" in text ? String(text.version) : "unknown";
}

function complain(error: unknown): void {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : EXIT_USAGE; // it has said already what it had to say
    return;
  }
  // At once: the threads of WebRTC would keep the process for some seconds more.
  process.stderr.write(`error: ${explain(error)}\n`, () => {
    process.exit(error instanceof OptionError ? EXIT_USAGE : EXIT_FAILED);
  });
}

function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = "code" in error ? error.code : undefined;
  if (code === "EADDRINUSE")
    return `${"port" in error ? `port ${String(error.port)}` : "the port"} is taken: another program listens there`;
  if (code === "EACCES") return "the port may not be opened: below 1024 that takes special rights";
  // Anything else without a code is a bug of ours, and whoever reports it needs the place.
  return error instanceof OptionError || code !== undefined ? error.message : (error.stack ?? error.message);
}

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(); // who reads has read enough, as `head` does
});

await program.parseAsync().catch(complain);
