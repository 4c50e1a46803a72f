import type { Millis } from "./time.ts";

/**
 * What every core looks like: the swarm, the tracker, and the network model of the simulator.
 *
 * A driver performs every action of one event before it hands over the next; a result is a new event, queued,
 * never a re-entrant call. `now` never goes back. The same seed and the same events give the same actions.
 * Events and actions are plain data. A driver owns exactly one timer, set to `nextWakeup()`.
 */
export interface Core<Event, Action> {
  /** Tells the core one thing that happened. Returns what to do about it, in the order to do it. */
  handle(now: Millis, event: Event): readonly Action[];
  /** The instant at which the core wants a `wakeup` event; `Infinity` when it waits for nothing. */
  nextWakeup(): Millis;
}
