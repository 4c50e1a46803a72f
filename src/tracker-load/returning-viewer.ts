import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { createRng } from "../base/random.ts";
import type { Millis } from "../base/time.ts";
import type { SwarmId } from "../protocol/ids.ts";
import { TrackerChoice } from "../protocol/tracker-choice.ts";
import { LoadViewer, type LoadLog } from "./load-viewer.ts";

export interface ReturningViewerOptions {
  readonly tracker: string;
  readonly swarm: SwarmId;
  readonly localAddress: string | undefined;
  readonly peers: number;
  /** Says when it comes back. */
  readonly seed: number;
}

/** A viewer that comes back whenever its tracker is lost, when and where a player's would. */
export class ReturningViewer {
  readonly #options: ReturningViewerOptions;
  readonly #log: LoadLog;
  readonly #choice: TrackerChoice;
  #socket: LoadViewer | undefined;
  #isLeaving = false;
  /** As what it was last let in. */
  #welcome: LoadViewer["welcome"];
  /** When it was last let in, when it last lost a tracker that had, and how often it kept its id over that. */
  joinedAt: Millis | undefined;
  lostAt: Millis | undefined;
  keptIds = 0;

  constructor(options: ReturningViewerOptions, log: LoadLog) {
    this.#options = options;
    this.#log = log;
    this.#choice = new TrackerChoice([options.tracker], createRng(options.seed));
  }

  /** Resolves once it has left. */
  async stay(): Promise<void> {
    while (!this.#isLeaving) {
      const callAt = await this.#visit();
      await sleep(Math.max(0, callAt - performance.now()));
    }
  }

  leave(): void {
    this.#isLeaving = true;
    this.#socket?.leave();
  }

  /** From the call to the end of the socket. Returns when to call again. */
  async #visit(): Promise<Millis> {
    const { swarm, localAddress, peers } = this.#options;
    const back = this.#welcome && { resume: this.#welcome.resume, links: peers };
    const socket = new LoadViewer({ url: this.#choice.url, swarm, localAddress, ...back }, this.#log);
    this.#socket = socket;
    const closed = new Promise((resolve) => socket.ws.once("close", resolve));
    try {
      await socket.open();
      // As a player does: the links that it still has need no introduction.
      await socket.join(back ? 0 : peers);
    } catch {
      await closed;
      const { sentAway } = socket;
      return sentAway ? this.#goOn(sentAway) : this.#choice.failed(performance.now());
    }
    if (socket.welcome?.peer === this.#welcome?.peer) this.keptIds++;
    this.#welcome = socket.welcome;
    this.#choice.joined(socket.welcome?.trackers);
    this.#choice.spread(socket.welcome?.reconnectWithinMs);
    this.joinedAt = performance.now();
    await closed;
    this.lostAt = performance.now();
    return socket.sentAway ? this.#goOn(socket.sentAway) : this.#choice.lost(this.lostAt);
  }

  #goOn(to: NonNullable<LoadViewer["sentAway"]>): Millis {
    return this.#choice.sentAway(performance.now(), to.type === "drain" ? to.reconnectInMs : 0, to.trackers);
  }
}
