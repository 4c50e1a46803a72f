import type { Millis } from "../../base/time.ts";
import type { TrackerAction } from "../core/action.ts";
import type { TrackerLogger } from "./logger.ts";

type Cause = Extract<TrackerAction, { type: "refuse" }>["cause"];

/** Tells the operator of refusals that are probably not meant for those who get them: each kind once an hour. */
export class RefusalWarnings {
  readonly #now: () => Millis;
  readonly #logger: TrackerLogger;
  readonly #quietUntil = new Map<string, Millis>();

  constructor(now: () => Millis, logger: TrackerLogger) {
    this.#now = now;
    this.#logger = logger;
  }

  note(cause: Cause): void {
    const text = WARNINGS[cause];
    const now = this.#now();
    if (text === undefined || now < (this.#quietUntil.get(text) ?? -Infinity)) return;
    this.#quietUntil.set(text, now + QUIET_MS);
    this.#logger.warn(text);
  }
}

/** The usual cause is a proxy in front that makes the whole world come from one address. */
const ONE_ADDRESS =
  "refused sockets because too many came from one address. Behind a proxy, name it with trustProxy (--trust-proxy).";

const WARNINGS: Partial<Record<Cause, string>> = {
  "address-rate": ONE_ADDRESS,
  "address-full": ONE_ADDRESS,
  "prefix-rate": ONE_ADDRESS,
  "prefix-full": ONE_ADDRESS,
  "process-full": "refused sockets because this process holds all it may (connectionsMax).",
  "memory-full": "refused sockets because this process uses nine tenths of the memory it may (memoryBytesMax).",
};

const QUIET_MS: Millis = 3_600_000;
