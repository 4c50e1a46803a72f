import type { Millis } from "../../base/time.ts";

/** Somebody whose silence matters. */
export interface HeartbeatTarget {
  /** Asks for a sign of life. */
  ping(): void;
  /** There was none, twice. */
  giveUp(): void;
}

/**
 * Pings everybody once per period, some at every tick: one sweep over ten thousand sockets would hold up the
 * process for a tenth of a second. Two pings without any answer and the target is given up, which finds the
 * half-open sockets that TCP would keep for hours.
 */
export class HeartbeatWheel {
  readonly #slots: readonly [Set<Heartbeat>, ...Set<Heartbeat>[]];
  #ticks = 0;
  #added = 0;

  constructor(periodMs: Millis, tickMs: Millis) {
    const others = Array.from({ length: Math.round(periodMs / tickMs) - 1 }, () => new Set<Heartbeat>());
    this.#slots = [new Set(), ...others];
  }

  add(target: HeartbeatTarget): Heartbeat {
    return new Heartbeat(target, this.#slot(this.#added++));
  }

  tick(): void {
    for (const heartbeat of this.#slot(this.#ticks++)) heartbeat.beat();
  }

  #slot(turn: number): Set<Heartbeat> {
    return this.#slots[turn % this.#slots.length] ?? this.#slots[0];
  }
}

/** One target on the wheel. */
export class Heartbeat {
  readonly #target: HeartbeatTarget;
  readonly #slot: Set<Heartbeat>;
  #unanswered = 0;

  constructor(target: HeartbeatTarget, slot: Set<Heartbeat>) {
    this.#target = target;
    this.#slot = slot;
    slot.add(this);
  }

  /** Anything at all was received. */
  heard(): void {
    this.#unanswered = 0;
  }

  beat(): void {
    if (this.#unanswered >= UNANSWERED_MAX) {
      this.#target.giveUp();
    } else {
      this.#unanswered++;
      this.#target.ping();
    }
  }

  stop(): void {
    this.#slot.delete(this);
  }
}

const UNANSWERED_MAX = 2;
