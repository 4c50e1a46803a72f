import type { Millis } from "../../base/time.ts";
import type { SwarmId } from "../../protocol/ids.ts";
import type { StreamSavings } from "./stream-savings.ts";

interface Ended {
  readonly savings: StreamSavings;
  readonly endedAt: Millis;
}

/**
 * The figures of streams that nobody watches any more, for whoever asks after the event: those that ended last, for a
 * day. A stream that begins again takes its figures out.
 */
export class EndedStreams {
  /** Oldest first. */
  readonly #ended = new Map<SwarmId, Ended>();

  add(now: Millis, id: SwarmId, savings: StreamSavings): void {
    this.#ended.set(id, { savings, endedAt: now });
    for (const [oldest, { endedAt }] of this.#ended) {
      if (this.#ended.size <= ENDED_STREAMS_MAX && now - endedAt < KEPT_MS) return;
      this.#ended.delete(oldest);
    }
  }

  get(now: Millis, id: SwarmId): StreamSavings | undefined {
    const ended = this.#ended.get(id);
    return ended && now - ended.endedAt < KEPT_MS ? ended.savings : undefined;
  }

  delete(id: SwarmId): void {
    this.#ended.delete(id);
  }
}

/** About 2 MB. A tracker with more streams than this in a day is asked while they run. */
export const ENDED_STREAMS_MAX = 1000;
export const KEPT_MS: Millis = 24 * 3_600_000;
