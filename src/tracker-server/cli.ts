/** The command `tracker`: one process, or several workers, that listen until a signal ends them. The settings are those of `settings/table.ts`. */
import cluster from "node:cluster";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Command } from "commander";
import { OptionError } from "../base/option-error.ts";
import { commandOf, settingsGiven } from "../settings/flags.ts";
import { variableOf } from "../settings/names.ts";
import { createProcessLogger } from "../settings/process-logger.ts";
import type { Bus } from "./io/bus.ts";
import type { TrackerLogger } from "./io/logger.ts";
import type { TrackerOptions } from "./io/options.ts";
import { readOffFile } from "./io/off-file.ts";
import { readRevokedFile } from "./io/revoked-file.ts";
import { openRedisBus } from "./io/redis-bus.ts";
import { startTracker, type RunningTracker } from "./io/server.ts";
import { serveWorkerMetrics } from "./io/worker-metrics.ts";
import { startWorkers } from "./io/workers.ts";
import { TRACKER_SETTINGS, type TrackerSettings } from "./settings/table.ts";

/** What `hls-swarm tracker` takes. Its action rejects with an {@link OptionError} when a setting is wrong. */
export function trackerCommand(): Command {
  const command = commandOf(TRACKER_SETTINGS)
    .summary("introduces the viewers of a stream to each other")
    .description("Introduces the viewers of a stream to each other. Viewers connect to ws://<host>:<port>.")
    .usage("[options]")
    .allowExcessArguments(false)
    .addHelpText("after", HELP_AFTER);
  return command.action(async () => {
    const settings = settingsGiven(command, TRACKER_SETTINGS);
    if (settings) await run(settings);
  });
}

async function run(settings: TrackerSettings): Promise<void> {
  const format = settings.logFormat ?? (process.stdout.isTTY ? "text" : "json");
  const logger = createProcessLogger(format, settings.logLevel ?? "info");
  const { workers = 1 } = settings;
  if (workers > 1) await serveWithWorkers(workers, settings, logger);
  else await serveAlone(settings, logger);
}

async function serveAlone(settings: TrackerSettings, logger: TrackerLogger): Promise<void> {
  const options = optionsOf(settings, logger);
  const streamsOff = streamsOffOf(settings, options);
  const bus = await openBus(settings, logger);
  const tracker = await startTracker({ ...options, ...(bus && { bus }) }).catch(async (cause: unknown) => {
    await bus?.close();
    throw cause;
  });
  switchOff(tracker, streamsOff, logger);
  logger.info("listening", { url: tracker.url, pages: tracker.pagesUrl });
  adviseOnTickets(options, logger);
  revokeAsIn(settings, tracker);
  const reload = (): void => {
    readAgain(settings, options, tracker, logger);
  };
  process.on("SIGHUP", reload);
  stopOnSignals(tracker, logger, async () => {
    process.off("SIGHUP", reload);
    await bus?.close();
  });
}

/** The first process opens the port of the metrics, those it starts share the port of the viewers. */
async function serveWithWorkers(count: number, settings: TrackerSettings, logger: TrackerLogger): Promise<void> {
  const { metricsPort, metricsHost = "127.0.0.1", ...others } = settings;
  // Pages that are to be apart must not be on the port of the viewers: those of a worker go to a port that only the machine has.
  const pagesApart = metricsPort === undefined ? {} : { metricsPort: 0, metricsHost: "127.0.0.1" };
  const options = optionsOf({ ...others, ...pagesApart }, logger);
  // Viewers come back to whichever worker is next: all must sign alike.
  if (cluster.isPrimary && options.secret === undefined)
    process.env[variableOf(TRACKER_SETTINGS, "secret")] = randomBytes(32).toString("hex");
  const start = async (ofMachine: Bus): Promise<RunningTracker> => {
    const streamsOff = streamsOffOf(settings, options);
    const tracker = await startTracker({ ...options, bus: (await openBus(settings, logger)) ?? ofMachine });
    switchOff(tracker, streamsOff, logger);
    revokeAsIn(settings, tracker);
    process.on("SIGHUP", () => {
      readAgain(settings, options, tracker, logger);
    });
    return tracker;
  };
  const workers = await startWorkers(count, start, logger);
  if (!workers) return; // this is one of them
  const metrics = metricsPort === undefined ? undefined : await serveWorkerMetrics(metricsPort, metricsHost);
  logger.info("listening", { url: workers.url, workers: count, ...(metrics && { metrics: `${metrics.url}/metrics` }) });
  adviseOnTickets(options, logger);
  const reload = (): void => {
    for (const worker of Object.values(cluster.workers ?? {})) worker?.process.kill("SIGHUP");
  };
  process.on("SIGHUP", reload);
  stopOnSignals(workers, logger, async () => {
    process.off("SIGHUP", reload);
    await metrics?.close();
  });
}

const openBus = async ({ redis }: TrackerSettings, logger: TrackerLogger): Promise<Bus | undefined> =>
  redis === undefined ? undefined : openRedisBus(redis, logger);

/** Once, at start: an operator who has not thought of it should. */
function adviseOnTickets({ allowOrigins, ticketSecrets, ticketKey }: TrackerOptions, logger: TrackerLogger): void {
  if (ticketSecrets || ticketKey !== undefined) return;
  const sites = allowOrigins ? "" : ", --allow-origin https://your.site keeps the players of other sites out";
  logger.warn(`open to everybody who knows a swarm's id: --ticket-secret-file asks viewers for tickets${sites}`);
}

/** The first signal drains, the second ends it. */
function stopOnSignals(
  running: Pick<RunningTracker, "drain" | "close">,
  logger: TrackerLogger,
  release: () => Promise<void>,
): void {
  let isStopping = false;
  const stop = (signal: NodeJS.Signals): void => {
    if (isStopping) {
      void running.close();
      return;
    }
    isStopping = true;
    logger.info("draining", { signal });
    void running
      .drain()
      .then(release)
      .then(() => {
        logger.info("stopped");
        process.off("SIGTERM", stop);
        process.off("SIGINT", stop);
      });
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
}

/** What a running tracker can be told anew, each for itself. */
function readAgain(
  settings: TrackerSettings,
  options: TrackerOptions,
  tracker: RunningTracker,
  logger: TrackerLogger,
): void {
  const attempt = (what: string, read: () => void): void => {
    try {
      read();
      logger.info(`${what} was read again`);
    } catch (error) {
      logger.error(`${what} could not be read again: what it said stays`, error);
    }
  };
  if (settings.tlsCert !== undefined) attempt("the certificate", () => tracker.reloadCertificate());
  if (settings.offFile !== undefined)
    attempt("the off file", () => switchOff(tracker, streamsOffOf(settings, options), logger));
  if (settings.revokedFile !== undefined) attempt("the list of what is revoked", () => revokeAsIn(settings, tracker));
}

function revokeAsIn({ revokedFile }: TrackerSettings, tracker: RunningTracker): void {
  if (revokedFile !== undefined) tracker.revoke(readRevokedFile(revokedFile));
}

const streamsOffOf = ({ offFile }: TrackerSettings, { ticketSecrets }: TrackerOptions): readonly string[] =>
  offFile === undefined ? [] : readOffFile(offFile, ticketSecrets);

function switchOff(tracker: RunningTracker, streams: readonly string[], logger: TrackerLogger): void {
  tracker.switchOff(streams);
  if (streams.length > 0) logger.warn("streams are switched off", { swarms: streams.length });
}

/** What the library is to be told. */
function optionsOf(settings: TrackerSettings, logger: TrackerLogger): TrackerOptions {
  const { tlsCert, tlsKey, secret, secretFile, ticketSecrets, ticketSecretFile, seederSecretFile, revokedFile } =
    settings;
  if ((tlsCert === undefined) !== (tlsKey === undefined))
    throw new OptionError("--tls-cert and --tls-key belong together: give both or neither");
  if (secret !== undefined && secretFile !== undefined)
    throw new OptionError("the secret is given twice, as itself and as --secret-file: give one of them");
  if (ticketSecrets !== undefined && ticketSecretFile !== undefined)
    throw new OptionError("the ticket secret is given twice, as itself and as --ticket-secret-file: give one of them");
  if (revokedFile !== undefined) readRevokedFile(revokedFile); // whatever is wrong with it is said before anything starts
  return {
    ...settings,
    ...(ticketSecretFile !== undefined && { ticketSecrets: readSecret(ticketSecretFile).split(/\s*\n\s*/) }),
    ...(seederSecretFile !== undefined && { seederSecrets: readSecret(seederSecretFile).split(/\s*\n\s*/) }),
    ...(secretFile !== undefined && { secret: readSecret(secretFile) }),
    ...(tlsCert !== undefined && tlsKey !== undefined && { tls: { certFile: tlsCert, keyFile: tlsKey } }),
    logger,
  };
}

function readSecret(file: string): string {
  try {
    return readFileSync(file, "utf8").trim();
  } catch (error) {
    throw new OptionError(`the secret's file ${file} cannot be read: ${String(error)}`);
  }
}

const HELP_AFTER = `
Each setting is also a variable and a key of the file: --region-header, HLS_SWARM_REGION_HEADER, "regionHeader".
A flag counts more than a variable, a variable more than the file. The secret itself is no flag: HLS_SWARM_SECRET.

/healthz, /readyz and /metrics are for machines, /debug is for you.
SIGTERM or Ctrl-C drains: viewers are told when to come back, then it ends. A second one ends it at once.

Example:
  hls-swarm tracker --port 8080 --allow-origin https://your.site --trust-proxy loopback`;
