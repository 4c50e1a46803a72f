#!/usr/bin/env node
/** The command `hls-swarm`: finds the subcommand and says what went wrong. Each subcommand reads its own options. */
import { readFileSync } from "node:fs";
import { OptionError } from "./base/option-error.ts";
import { runSign } from "./signer/cli.ts";
import { runLoadCommand } from "./tracker-load/cli.ts";
import { runTracker } from "./tracker-server/cli.ts";

interface Command {
  readonly summary: string;
  run(args: readonly string[]): Promise<void>;
}

const COMMANDS: Readonly<Record<string, Command>> = {
  tracker: { summary: "introduces the viewers of a stream to each other", run: runTracker },
  sign: { summary: "gives viewers what they check each other's bytes against", run: runSign },
  load: { summary: "sends a crowd of viewers to a tracker and says how it fared", run: runLoadCommand },
};

const usage = (): string =>
  [
    "hls-swarm: lets the viewers of an HLS stream carry it for each other.",
    "",
    "Usage: hls-swarm <command> [options]",
    "",
    ...Object.entries(COMMANDS).map(([name, { summary }]) => `  ${name.padEnd(12)}${summary}`),
    "",
    "  --help      this text, or after a command its options",
    "  --version   the version",
    "",
  ].join("\n");

/** As the package says it: its `package.json` is one folder up, from the sources and from what is built. */
function readVersion(): string {
  const text: unknown = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  return typeof text === "object" && text && "version" in text ? String(text.version) : "unknown";
}

async function main([name, ...args]: readonly string[]): Promise<void> {
  if (name === "--version" || name === "-v") {
    process.stdout.write(`${readVersion()}\n`);
    return;
  }
  if (name === "--help" || name === "-h" || name === "help") {
    process.stdout.write(usage());
    return;
  }
  const command = name !== undefined && Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!command) {
    process.stderr.write(name === undefined ? usage() : `hls-swarm: there is no command "${name}"\n\n${usage()}`);
    process.exitCode = EXIT_USAGE;
    return;
  }
  try {
    await command.run(args);
  } catch (error) {
    process.stderr.write(`hls-swarm ${String(name)}: ${explain(error)}\n`);
    if (error instanceof OptionError) process.stderr.write(`See hls-swarm ${String(name)} --help\n`);
    process.exitCode = error instanceof OptionError ? EXIT_USAGE : EXIT_FAILED;
  }
}

function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = "code" in error ? error.code : undefined;
  if (code === "EADDRINUSE") return "the port is taken: another program listens there. Choose one with --port";
  if (code === "EACCES") return "the port may not be opened: below 1024 that takes special rights";
  // Anything else without a code is a bug of ours, and whoever reports it needs the place.
  return error instanceof OptionError || code !== undefined ? error.message : (error.stack ?? error.message);
}

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

await main(process.argv.slice(2));
