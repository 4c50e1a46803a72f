import type { Rng } from "../../base/random.ts";
import type { Millis } from "../../base/time.ts";
import { TrackerChoice } from "../../protocol/tracker-choice.ts";
import type { TrackerToViewer } from "../../protocol/tracker-message.ts";
import type { SwarmAction } from "./action.ts";

/**
 * Where we stand with the trackers. `off` is for good: none configured, or they speak another version; or left, until we
 * come back. `lost` is also how it begins: none has been called yet.
 */
type TrackerPhase = "off" | "connecting" | "joined" | "lost";

/**
 * The connection to one tracker of several: opened, given up, opened again, to the same or to another. Knows nothing of
 * what is said over it but how it begins and ends.
 */
export class TrackerSession {
  readonly choice: TrackerChoice;
  phase: TrackerPhase;
  /** When to call one, or to give up the one that was called. */
  #until: Millis;
  /** Since one let us in: a ticket was not good enough. */
  #isRefused = false;
  /** Left of our own will. */
  #isAway = false;

  constructor(trackers: readonly string[], rng: Rng) {
    this.choice = new TrackerChoice(trackers, rng);
    this.phase = trackers.length > 0 ? "lost" : "off";
    this.#until = trackers.length > 0 ? 0 : Infinity;
  }

  /** The socket is there, and `join` is on its way. */
  opened(now: Millis): void {
    this.#until = now + JOIN_MS_MAX;
  }

  joined(trackers: readonly string[] | undefined): void {
    this.#turn("joined", Infinity);
    this.#isRefused = false;
    this.choice.joined(trackers);
  }

  closed(now: Millis, waitMs: Millis = 0): void {
    if (this.phase === "joined") this.#turn("lost", this.choice.lost(now));
    else if (this.phase === "connecting") this.#turn("lost", this.choice.failed(now, waitMs));
  }

  /** The tracker has ended it. */
  ended(now: Millis, how: Extract<TrackerToViewer, { type: "drain" | "redirect" | "error" }>): SwarmAction[] {
    if (how.type !== "error")
      this.#turn("lost", this.choice.sentAway(now, how.type === "drain" ? how.reconnectInMs : 0, how.trackers));
    else if (how.code === "full") this.closed(now, how.retryInMs);
    else if (how.code === "bad-ticket" && !this.#isRefused) {
      // It may have expired on the way. One more, and no endless asking of the site.
      this.#isRefused = true;
      this.closed(now);
    } else this.#turn("off", Infinity);
    return [{ type: "close-tracker" }];
  }

  /** Lets go of it, whatever came of it, until `comeBack`. */
  leave(): SwarmAction[] {
    const { phase } = this;
    if (phase === "off") return [];
    this.#isAway = true;
    this.#turn("off", Infinity);
    return phase === "lost" ? [] : [{ type: "close-tracker" }];
  }

  comeBack(now: Millis): void {
    if (this.#isAway) this.#turn("lost", now);
    this.#isAway = false;
  }

  /** Calls one or gives it up, whichever is due. */
  evaluate(now: Millis): SwarmAction[] {
    if (now < this.#until) return [];
    if (this.phase === "connecting") {
      this.closed(now);
      return [{ type: "close-tracker" }];
    }
    this.#turn("connecting", Infinity);
    return [{ type: "open-tracker", url: this.choice.url }];
  }

  nextWakeup(): Millis {
    return this.#until;
  }

  #turn(phase: TrackerPhase, until: Millis): void {
    this.phase = phase;
    this.#until = until;
  }
}

/** A tracker answers at once: one that takes longer is stuck behind something that still accepts sockets. */
const JOIN_MS_MAX: Millis = 10_000;
