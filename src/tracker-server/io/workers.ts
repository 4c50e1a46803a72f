/**
 * Several tracker processes that share one port: `node:cluster` hands them new connections in turn, and a hub on a unix
 * socket is their bus. The first process serves nobody: it starts the others, starts them again, and stops them.
 */
import cluster, { type Worker } from "node:cluster";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { OptionError } from "../../base/option-error.ts";
import type { Millis } from "../../base/time.ts";
import type { Bus } from "./bus.ts";
import { SILENT, type TrackerLogger } from "./logger.ts";
import type { RunningTracker } from "./server.ts";
import { openUnixBus, startUnixBusHub, type UnixBusHub } from "./unix-bus.ts";

/** The processes of one command. Whoever started them stops them, by `drain` or `close`. */
export interface RunningWorkers {
  /** Where viewers reach them all. */
  readonly url: string;
  /** Every worker drains; resolves when all have ended. */
  drain(): Promise<void>;
  /** They stop at once. */
  close(): Promise<void>;
}

/**
 * To be called by a program that is started once and then, by this, once more for every worker. In the first process it
 * starts `count` workers and resolves when all of them listen. In a worker it calls `start` with the bus of the machine,
 * and resolves with undefined: from there on the first process says when to stop. Limits count for each worker. Rejects
 * when the workers do not come up, with the {@link OptionError} that stopped them if there is one.
 */
export async function startWorkers(
  count: number,
  start: (bus: Bus) => Promise<Pick<RunningTracker, "url" | "drain" | "close">>,
  logger: TrackerLogger = SILENT,
): Promise<RunningWorkers | undefined> {
  if (!(Number.isInteger(count) && count >= 1 && count <= WORKERS_MAX))
    throw new OptionError(`workers must be a whole number from 1 to ${String(WORKERS_MAX)}`);
  if (cluster.isWorker) {
    await serve(start, logger);
    return undefined;
  }
  const folder = await mkdtemp(join(tmpdir(), "hls-swarm-"));
  const path = join(folder, "bus");
  const workers = new Workers(path, await startUnixBusHub(path), logger);
  let stopped: Promise<void> | undefined;
  const stop = (order: Order): Promise<void> => {
    const ended = workers.stop(order);
    return (stopped ??= ended.then(() => rm(folder, { recursive: true, force: true })));
  };
  try {
    const [url = ""] = await Promise.all(Array.from({ length: count }, () => workers.start()));
    return { url, drain: () => stop("drain"), close: () => stop("close") };
  } catch (cause) {
    await stop("close");
    throw cause;
  }
}

/** What the first process says to a worker. */
type Order = "drain" | "close";

/** What a worker says once it knows. */
type Outcome =
  | { readonly type: "listening"; readonly url: string }
  | { readonly type: "failed"; readonly text: string; readonly isOption: boolean };

/** The workers, as the first process sees them. */
class Workers {
  readonly #path: string;
  readonly #hub: UnixBusHub;
  readonly #logger: TrackerLogger;
  readonly #alive = new Set<Worker>();
  readonly #restarts = new Set<NodeJS.Timeout>();
  #isStopping = false;

  constructor(path: string, hub: UnixBusHub, logger: TrackerLogger) {
    this.#path = path;
    this.#hub = hub;
    this.#logger = logger;
  }

  /** Resolves with its URL when it listens. `failures` is how often one has just failed in its place. */
  start(failures = 0): Promise<string> {
    const worker = cluster.fork({ [PATH_VARIABLE]: this.#path });
    const startedAt = Date.now();
    let isListening = false;
    this.#alive.add(worker);
    return new Promise((resolve, reject) => {
      worker.on("error", reject);
      worker.on("message", (message: unknown) => {
        if (!isOutcome(message)) return; // such as those of a metrics library
        if (message.type === "failed") {
          reject(message.isOption ? new OptionError(message.text) : new Error(message.text));
        } else {
          isListening = true;
          resolve(message.url);
        }
      });
      worker.on("exit", (code, signal) => {
        this.#alive.delete(worker);
        reject(new Error("a worker ended before it listened"));
        if (this.#isStopping || (!isListening && failures === 0)) return;
        const failed = Date.now() - startedAt > STEADY_MS ? 0 : failures;
        const waitMs = Math.min(RESTART_MS_MAX, RESTART_MS_MIN * 2 ** failed);
        this.#logger.warn(`a worker ended (${signal || String(code)}): another starts in ${String(waitMs)} ms`);
        const timer = setTimeout(() => {
          this.#restarts.delete(timer);
          this.start(failed + 1).catch((cause: unknown) => {
            this.#logger.error("a worker did not come up again", cause);
          });
        }, waitMs);
        this.#restarts.add(timer);
      });
    });
  }

  async stop(order: Order): Promise<void> {
    this.#isStopping = true;
    for (const timer of this.#restarts) clearTimeout(timer);
    const ended = [...this.#alive].map(async (worker) => {
      const exited = once(worker, "exit");
      if (worker.isConnected()) worker.send(order);
      await exited;
    });
    await Promise.all(ended);
    await this.#hub.close();
  }
}

/** What a worker does: one tracker, until the first process says stop or is gone. */
async function serve(
  start: (bus: Bus) => Promise<Pick<RunningTracker, "url" | "drain" | "close">>,
  logger: TrackerLogger,
): Promise<void> {
  // A terminal sends its signals to all processes: the first one passes on what is meant for us.
  process.on("SIGINT", () => undefined);
  process.on("SIGTERM", () => undefined);
  cluster.worker?.on("error", () => process.exit(1)); // the first process is gone before we were up
  try {
    const bus = await openUnixBus(process.env[PATH_VARIABLE] ?? "", logger);
    const tracker = await start(bus);
    const end = async (stopping: Promise<void>): Promise<void> => {
      await stopping;
      await bus.close();
      process.exit(0);
    };
    process.on("message", (order: unknown) => {
      if (order === "drain") void end(tracker.drain());
      else if (order === "close") void end(tracker.close());
    });
    process.on("disconnect", () => void end(tracker.close()));
    tell({ type: "listening", url: tracker.url });
  } catch (cause) {
    const text = cause instanceof Error ? cause.message : String(cause);
    tell({ type: "failed", text, isOption: cause instanceof OptionError }, () => process.exit(1));
  }
}

function tell(outcome: Outcome, told: () => void = () => undefined): void {
  process.send?.(outcome, undefined, undefined, told);
}

function isOutcome(message: unknown): message is Outcome {
  if (typeof message !== "object" || message === null || !("type" in message)) return false;
  if (message.type === "listening") return "url" in message && typeof message.url === "string";
  return message.type === "failed" && "text" in message && typeof message.text === "string" && "isOption" in message;
}

/** Tells a worker where the hub is. */
const PATH_VARIABLE = "HLS_SWARM_WORKER_BUS";

/** More than any machine has cores for. */
const WORKERS_MAX = 256;
/** A worker that dies at once, again and again, must not keep the machine busy. */
const RESTART_MS_MIN: Millis = 500;
const RESTART_MS_MAX: Millis = 30_000;
/** One that has lived so long did not die of how it started. */
const STEADY_MS: Millis = 60_000;
