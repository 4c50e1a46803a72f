import type { SwarmId } from "../../protocol/ids.ts";

/** What a viewer of a stream that is off is told, and why its socket closes. */
export const OFF_MESSAGE = "the operator has switched the swarm off";

/** Stands for every stream. */
export const EVERY_STREAM = "*";

/** Which streams the operator has switched off (TK68). Tells nobody of it. */
export class OffSwitch {
  #streams: ReadonlySet<string> = new Set();

  /** Replaces what was off. */
  set(streams: readonly string[]): void {
    this.#streams = new Set(streams);
  }

  isOff(swarm: SwarmId): boolean {
    return this.#streams.has(EVERY_STREAM) || this.#streams.has(swarm);
  }
}
