import { setTimeout as sleep } from "node:timers/promises";
import type { Millis } from "../../base/time.ts";
import type { Bus } from "./bus.ts";
import type { TrackerLogger } from "./logger.ts";

/** One connection to an engine, from when it works until it fails. Never mended: there will be another. */
export interface BusConnection {
  publish(channel: string, message: Buffer): Promise<unknown>;
  /** Rejects when the connection is not good for it. */
  subscribe(channels: readonly string[]): Promise<unknown>;
  unsubscribe(channel: string): Promise<unknown>;
  /** Resolves when it has failed or is closed. */
  readonly closed: Promise<void>;
  close(): void;
}

/** Opens one. Rejects when it cannot be had; `deliver` gets what comes in. */
export type ConnectBus = (deliver: (channel: string, message: Buffer) => void) => Promise<BusConnection>;

/**
 * A bus that outlives its connections: whenever one fails it is thrown away whole and another is opened, and everything
 * is subscribed on it. That is simpler than what client libraries do when they reconnect, and loses no subscription.
 */
export class RenewedBus implements Bus {
  readonly #connect: ConnectBus;
  readonly #logger: TrackerLogger;
  readonly #listeners = new Map<string, (message: Buffer) => void>();
  readonly #closing = new AbortController();
  #connection: BusConnection | undefined;
  #unconfirmed = 0;
  #isWarned = false;

  constructor(connect: ConnectBus, logger: TrackerLogger) {
    this.#connect = connect;
    this.#logger = logger;
  }

  /** Makes the first connection. Rejects when that fails; `start` may be called all the same. */
  async open(): Promise<void> {
    this.#take(await this.#connect(this.#deliver));
  }

  /** Keeps a connection from now on. `failure` is why there is none yet, if there is none. */
  start(failure: unknown): void {
    if (failure !== undefined) this.#warnOf(failure);
    void this.#keep();
  }

  async publish(channel: string, message: Buffer): Promise<void> {
    if (!this.#connection || this.#unconfirmed >= UNCONFIRMED_MAX) throw new Error("the bus is away or behind");
    this.#unconfirmed++;
    try {
      await this.#connection.publish(channel, message);
    } finally {
      this.#unconfirmed--;
    }
  }

  subscribe(channel: string, listener: (message: Buffer) => void): void {
    this.#listeners.set(channel, listener);
    this.#attempt((connection) => connection.subscribe([channel]));
  }

  unsubscribe(channel: string): void {
    this.#listeners.delete(channel);
    this.#attempt((connection) => connection.unsubscribe(channel));
  }

  renew(): void {
    this.#connection?.close();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    const connection = this.#connection;
    connection?.close();
    await connection?.closed;
  }

  readonly #deliver = (channel: string, message: Buffer): void => {
    this.#listeners.get(channel)?.(message);
  };

  async #keep(): Promise<void> {
    let attempt = 0;
    while (!this.#isClosed()) {
      if (this.#connection) {
        attempt = 0;
        await this.#connection.closed;
        this.#connection = undefined;
        if (!this.#isClosed())
          this.#warn("the bus is away: viewers are introduced within this process until it is back");
      }
      const waitMs = Math.min(RETRY_MS_MAX, RETRY_MS_MIN * 2 ** attempt++) * (0.5 + Math.random() / 2);
      await sleep(waitMs, undefined, { signal: this.#closing.signal }).catch(() => undefined);
      if (this.#isClosed()) return;
      try {
        const connection = await this.#connect(this.#deliver);
        if (this.#isClosed()) connection.close();
        else this.#take(connection);
      } catch (cause) {
        this.#warnOf(cause);
      }
    }
  }

  #isClosed(): boolean {
    return this.#closing.signal.aborted;
  }

  #take(connection: BusConnection): void {
    this.#connection = connection;
    if (this.#isWarned) this.#logger.info("the bus is back");
    this.#isWarned = false;
    const channels = [...this.#listeners.keys()];
    if (channels.length > 0) this.#attempt(() => connection.subscribe(channels));
  }

  /** A connection that refuses something is of no use: the next one gets everything. */
  #attempt(task: (connection: BusConnection) => Promise<unknown>): void {
    const connection = this.#connection;
    if (!connection) return;
    task(connection).catch(() => {
      connection.close();
    });
  }

  #warnOf(failure: unknown): void {
    const reason = failure instanceof Error ? failure.message : String(failure);
    this.#warn(`the bus cannot be reached (${reason}): viewers are introduced within this process until it can`);
  }

  #warn(text: string): void {
    if (!this.#isWarned) this.#logger.warn(text);
    this.#isWarned = true;
  }
}

/** An engine that is back is found within a second or two, by all processes in turn. */
const RETRY_MS_MIN: Millis = 100;
const RETRY_MS_MAX: Millis = 2_000;
/** With messages of 64 KiB at most: what an engine that stopped reading may cost us is 64 MiB, and usually far less. */
const UNCONFIRMED_MAX = 1_000;
