import { CLOSE_CODE, type TrackerAction } from "./action.ts";
import type { AdmissionRefusal } from "./admission.ts";
import type { ConnectionId } from "./event.ts";
import type { TrackerCounters } from "./stats.ts";
import type { TrackerList } from "./tracker-list.ts";

/** Why somebody gets no socket. */
export type DoorRefusal = AdmissionRefusal | "draining";

/** What is said to those who are not let in: an HTTP status, or where else to go. Whether they are is decided elsewhere. */
export class Redirection {
  readonly #trackers: TrackerList;
  readonly #counters: TrackerCounters;
  /** Sockets that are let in only to be sent elsewhere. None of them is counted among the viewers' sockets. */
  readonly #open = new Set<ConnectionId>();

  constructor(trackers: TrackerList, counters: TrackerCounters) {
    this.#trackers = trackers;
    this.#counters = counters;
  }

  /**
   * Somebody gets no socket. A browser cannot read an HTTP status: if there is where to go, it gets one to read that. Not
   * from a tracker that `isEnding`: it waits for its last socket to close.
   */
  atTheDoor(
    connection: ConnectionId,
    refusal: DoorRefusal,
    region: string | undefined,
    isEnding: boolean,
  ): ReadonlyArray<TrackerAction<never>> {
    const hasRoom = OURS.has(refusal) && !isEnding && this.#open.size < REDIRECTED_AT_ONCE;
    const message = hasRoom ? this.elsewhere(connection, region) : undefined;
    if (!message) return [{ type: "refuse", connection, cause: refusal, ...HTTP_REFUSALS[refusal] }];
    this.#open.add(connection);
    return [
      { type: "accept", connection },
      { type: "send", connection, message },
      { type: "close", connection, code: CLOSE_CODE.full, reason: "elsewhere" },
    ];
  }

  /** What to tell a viewer that is not let in here; undefined when no other tracker is known. */
  elsewhere(connection: ConnectionId, region: string | undefined) {
    const trackers = this.#trackers.elsewhere(region, connection);
    if (trackers.length === 0) return undefined;
    this.#counters.redirects++;
    return { type: "redirect", trackers } as const;
  }

  /** Whether the socket that has closed was one of those sent elsewhere. */
  release(connection: ConnectionId): boolean {
    return this.#open.delete(connection);
  }
}

/** Refusals that are no fault of whoever asks: another tracker may well take it. */
const OURS: ReadonlySet<DoorRefusal> = new Set(["draining", "memory-full", "process-full"]);

/** What is said to somebody whose socket does not come to be. Browsers show it in the network panel only. */
const HTTP_REFUSALS: Record<DoorRefusal, { readonly status: number; readonly reason: string }> = {
  draining: { status: 503, reason: "this tracker is stopping" },
  "memory-full": { status: 503, reason: "this tracker is short of memory" },
  "process-full": { status: 503, reason: "this tracker holds all the sockets it can" },
  origin: { status: 403, reason: "this origin is not on the tracker's list (--allow-origin)" },
  "address-penalty": { status: 429, reason: "a socket of this address sent too much; try again in a minute" },
  "address-rate": { status: 429, reason: "too many new sockets from this address" },
  "address-full": { status: 429, reason: "too many sockets from this address (behind a proxy: --trust-proxy)" },
  "prefix-rate": { status: 429, reason: "too many new sockets from this network" },
  "prefix-full": { status: 429, reason: "too many sockets from this network" },
};

/** Each is open for about a round trip: a thousand a second. Whoever finds no room tries the next tracker that it knows. */
const REDIRECTED_AT_ONCE = 200;
