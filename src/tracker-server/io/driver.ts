import { assertNever } from "../../base/assert.ts";
import type { Core } from "../../base/core.ts";
import type { Millis } from "../../base/time.ts";
import type { TrackerAction } from "../core/action.ts";
import type { SwarmId } from "../../protocol/ids.ts";
import type { ConnectionId, TrackerEvent } from "../core/event.ts";
import type { TrackerHealth, TrackerStats } from "../core/stats.ts";
import type { StreamSums } from "../core/stream-savings.ts";
import type { Tracker } from "../core/tracker.ts";
import type { BusLink } from "./bus-link.ts";
import type { TrackerLogger } from "./logger.ts";
import type { Traffic } from "./metrics.ts";
import { RefusalWarnings } from "./refusal-warnings.ts";
import type { ViewerSocket } from "./viewer-socket.ts";

/** What the driver needs of a socket. */
export type DrivenSocket = Pick<ViewerSocket, "send" | "close" | "terminate">;

/** What it needs of the core beyond events and actions. */
export type DrivenCore = Core<TrackerEvent<Buffer>, TrackerAction<Buffer>> &
  Pick<Tracker, "health" | "stats" | "stream">;

/** Somebody who asked for a socket and waits for the answer. */
export interface Caller {
  /** Opens the socket; undefined when the handshake failed after all. */
  accept(connection: ConnectionId): DrivenSocket | undefined;
  refuse(status: number, reason: string): void;
}

/** Where a caller is, on the network and on the web. */
export type CalledFrom = Omit<Extract<TrackerEvent, { type: "connection-asked" }>, "type" | "connection">;

/**
 * Feeds the tracker core and performs its actions. A result of an action is a new event, queued behind the others.
 * Contains the core's failures: a bug costs the socket whose event found it, and nobody else.
 */
export class TrackerDriver {
  readonly #core: DrivenCore;
  readonly #now: () => Millis;
  readonly #logger: TrackerLogger;
  readonly #warnings: RefusalWarnings;
  readonly #bus: Pick<BusLink, "perform"> | undefined;
  readonly #callers = new Map<ConnectionId, Caller>();
  readonly #sockets = new Map<ConnectionId, DrivenSocket>();
  readonly #queue: TrackerEvent<Buffer>[] = [];
  readonly #whenEmpty: Array<() => void> = [];
  #nextConnection: ConnectionId = 1;
  #messagesIn = 0;
  #messagesOut = 0;
  #isFeeding = false;

  constructor(core: DrivenCore, now: () => Millis, logger: TrackerLogger, bus?: Pick<BusLink, "perform">) {
    this.#core = core;
    this.#now = now;
    this.#logger = logger;
    this.#warnings = new RefusalWarnings(now, logger);
    this.#bus = bus;
  }

  ask(caller: Caller, from: CalledFrom): void {
    const connection = this.#nextConnection++;
    this.#callers.set(connection, caller);
    this.tell({ type: "connection-asked", connection, ...from });
  }

  /** Hands one event to the core, after those that wait. */
  readonly tell = (event: TrackerEvent<Buffer>): void => {
    if (this.#isFeeding) {
      this.#queue.push(event);
      return;
    }
    this.#isFeeding = true;
    this.#feed(event);
    for (let next = this.#queue.shift(); next; next = this.#queue.shift()) this.#feed(next);
    this.#isFeeding = false;
  };

  /** To be called every now and then: finds out whether the core wants to wake. */
  tick(): void {
    if (this.#core.nextWakeup() <= this.#now()) this.tell({ type: "wakeup" });
  }

  health(): TrackerHealth {
    return this.#core.health(this.#now());
  }

  stats(): TrackerStats {
    return this.#core.stats(this.#now());
  }

  /** Messages of all sockets since the start. */
  traffic(): Traffic {
    return { messagesIn: this.#messagesIn, messagesOut: this.#messagesOut };
  }

  stream(swarm: SwarmId): StreamSums | undefined {
    return this.#core.stream(this.#now(), swarm);
  }

  /** Resolves once there is no socket. */
  empty(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#sockets.size === 0) resolve();
      else this.#whenEmpty.push(resolve);
    });
  }

  terminateAll(): void {
    for (const socket of this.#sockets.values()) socket.terminate();
  }

  #feed(event: TrackerEvent<Buffer>): void {
    if (event.type === "connection-closed") this.#forget(event.connection);
    if (event.type === "message" || event.type === "bad-message") this.#messagesIn++;
    try {
      for (const action of this.#core.handle(this.#now(), event)) this.#perform(action);
    } catch (bug) {
      this.#logger.error(`a bug of ours, handling "${event.type}"`, bug);
      if ("connection" in event) this.#abandon(event.connection);
    }
  }

  #perform(action: TrackerAction<Buffer>): void {
    if (!("connection" in action)) {
      this.#bus?.perform(action);
      return;
    }
    const { connection } = action;
    switch (action.type) {
      case "accept": {
        const socket = this.#takeCaller(connection)?.accept(connection);
        if (socket) this.#sockets.set(connection, socket);
        else this.tell({ type: "connection-closed", connection });
        break;
      }
      case "refuse":
        this.#warnings.note(action.cause);
        this.#takeCaller(connection)?.refuse(action.status, action.reason);
        break;
      case "send":
        if (this.#sockets.get(connection)?.send(action.message)) this.#messagesOut++;
        else this.tell({ type: "send-dropped", connection, message: action.message });
        break;
      case "close":
        this.#sockets.get(connection)?.close(action.code, action.reason);
        break;
      default:
        assertNever(action);
    }
  }

  #takeCaller(connection: ConnectionId): Caller | undefined {
    const caller = this.#callers.get(connection);
    this.#callers.delete(connection);
    return caller;
  }

  #abandon(connection: ConnectionId): void {
    this.#takeCaller(connection)?.refuse(500, "the tracker failed");
    this.#sockets.get(connection)?.terminate();
  }

  #forget(connection: ConnectionId): void {
    this.#sockets.delete(connection);
    if (this.#sockets.size > 0) return;
    for (const resolve of this.#whenEmpty.splice(0)) resolve();
  }
}
