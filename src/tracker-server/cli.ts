import { parseArgs } from "node:util";
import { OptionError, startTracker, type TrackerOptions } from "./index.ts";

/** What `hls-swarm tracker --help` prints. */
export const TRACKER_USAGE = `hls-swarm tracker: introduces the viewers of a stream to each other.

Usage: hls-swarm tracker [options]

  --port <number>           where to listen                       (8080; 0 takes any free port)
  --host <address>          on which address                      (0.0.0.0)
  --allow-origin <origin>   sites whose players may connect, like https://example.com;
                            repeat it for more                    (any)
  --trust-proxy <who>       proxies whose X-Forwarded-For is believed: an address, a network
                            like 10.0.0.0/8, or loopback; repeat it for more           (none)
  --max-connections <n>     sockets of this process               (50000)
  --max-per-address <n>     sockets of one address                (256)
  --max-per-swarm <n>       viewers of one swarm                  (50000)
  --no-debug                no /debug page
  --quiet                   say nothing but errors
  --help                    this text

Viewers connect to ws://<host>:<port>. /healthz is for load balancers, /debug for you.
SIGTERM or Ctrl-C drains: viewers are told when to come back, then it ends. A second one ends it at once.
`;

/**
 * Runs the command `tracker`. Resolves when it listens; after a signal the process has nothing left to
 * do, and ends. Rejects with an {@link OptionError} when the command line cannot be understood.
 */
export async function runTracker(args: readonly string[]): Promise<void> {
  const { values } = parse(args);
  if (values.help) {
    process.stdout.write(TRACKER_USAGE);
    return;
  }
  const say = (text: string): void => {
    if (!values.quiet) process.stdout.write(`${text}\n`);
  };
  const complain = (text: string): void => void process.stderr.write(`${text}\n`);

  const tracker = await startTracker({
    ...readOptions(values),
    logger: {
      info: say,
      warn: (text) => {
        complain(`warning: ${text}`);
      },
      error: (text, cause) => {
        complain(`error: ${text}: ${cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)}`);
      },
    },
  });
  say(`tracker: ${tracker.url}`);
  if (!values["no-debug"]) say(`page:    ${tracker.url.replace("ws:", "http:")}/debug`);
  if (!values["allow-origin"]) say("Players of any site may use it. To change that: --allow-origin https://your.site");

  let isStopping = false;
  const stop = (): void => {
    if (isStopping) {
      void tracker.close();
      return;
    }
    isStopping = true;
    say("draining");
    void tracker.drain().then(() => {
      say("stopped");
      process.off("SIGTERM", stop);
      process.off("SIGINT", stop);
    });
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
}

const OPTIONS = {
  port: { type: "string" },
  host: { type: "string" },
  "allow-origin": { type: "string", multiple: true },
  "trust-proxy": { type: "string", multiple: true },
  "max-connections": { type: "string" },
  "max-per-address": { type: "string" },
  "max-per-swarm": { type: "string" },
  "no-debug": { type: "boolean" },
  quiet: { type: "boolean" },
  help: { type: "boolean", short: "h" },
} as const;

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS });
  } catch (error) {
    throw new OptionError(error instanceof Error ? error.message : String(error));
  }
}

function readOptions(values: ReturnType<typeof parse>["values"]): TrackerOptions {
  const options: { -readonly [Name in keyof TrackerOptions]: TrackerOptions[Name] } = {
    port: readCount("--port", values.port ?? "8080", 0, 65_535),
    debug: !values["no-debug"],
  };
  if (values.host !== undefined) options.host = values.host;
  if (values["allow-origin"]) options.allowOrigins = values["allow-origin"];
  if (values["trust-proxy"]) options.trustProxy = values["trust-proxy"];
  const { "max-connections": all, "max-per-address": perAddress, "max-per-swarm": perSwarm } = values;
  if (all !== undefined) options.connectionsMax = readCount("--max-connections", all, 1, COUNT_MAX);
  if (perAddress !== undefined)
    options.connectionsPerAddressMax = readCount("--max-per-address", perAddress, 1, COUNT_MAX);
  if (perSwarm !== undefined) options.viewersPerSwarmMax = readCount("--max-per-swarm", perSwarm, 1, COUNT_MAX);
  return options;
}

function readCount(name: string, text: string, min: number, max: number): number {
  const count = Number(text);
  if (text.trim() === "" || !Number.isInteger(count) || count < min || count > max)
    throw new OptionError(`${name} must be a whole number from ${String(min)} to ${String(max)}, not "${text}"`);
  return count;
}

/** More than a process can hold; a larger number is a slip of the finger. */
const COUNT_MAX = 10_000_000;
