import type { Millis } from "../../base/time.ts";

/** Somebody whose silence matters. */
export interface HeartbeatTarget {
  /** Asks for a sign of life. */
  ping(): void;
  /** There was none, twice. */
  giveUp(): void;
}

/** One target on the wheel. */
export interface Heartbeat {
  /** Anything at all was received. */
  heard(): void;
  stop(): void;
}

/**
 * Pings everybody once per period, some at every tick: one sweep over ten thousand sockets would hold up the
 * process for a tenth of a second. Two pings without any answer and the target is given up, which finds the
 * half-open sockets that TCP would keep for hours.
 */
export class HeartbeatWheel {
  readonly #slots: ReadonlyArray<Set<Beat>>;
  #ticks = 0;
  #added = 0;

  constructor(periodMs: Millis, tickMs: Millis) {
    this.#slots = Array.from({ length: Math.max(1, Math.round(periodMs / tickMs)) }, () => new Set<Beat>());
  }

  add(target: HeartbeatTarget): Heartbeat {
    const slot = this.#slots[this.#added++ % this.#slots.length];
    const beat: Beat = { target, unanswered: 0 };
    slot?.add(beat);
    return {
      heard: () => {
        beat.unanswered = 0;
      },
      stop: () => slot?.delete(beat),
    };
  }

  tick(): void {
    for (const beat of this.#slots[this.#ticks++ % this.#slots.length] ?? []) {
      if (beat.unanswered >= UNANSWERED_MAX) beat.target.giveUp();
      else {
        beat.unanswered++;
        beat.target.ping();
      }
    }
  }
}

interface Beat {
  readonly target: HeartbeatTarget;
  unanswered: number;
}

const UNANSWERED_MAX = 2;
