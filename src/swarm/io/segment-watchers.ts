import type { Bytes } from "../../base/time.ts";
import type { SegmentId } from "../../protocol/ids.ts";
import type { SegmentDelivery, SegmentWatcher } from "./driver-api.ts";
import { inTask } from "./task.ts";

/** Bytes of a segment held so far, by source, and its size once known. */
interface Progress {
  readonly peerBytes: Bytes;
  readonly originBytes: Bytes;
  readonly byteLength: Bytes | undefined;
}

interface Waiting {
  readonly watcher: SegmentWatcher;
  /** Has asked to be left alone, or has been told the end. */
  done: boolean;
}

/**
 * Who waits for which segment. The end is told in a task of its own for each, so that nobody is called from inside their
 * own `want`, and nobody's mistake keeps it from the others.
 */
export class SegmentWatchers {
  readonly #waiting = new Map<SegmentId, Set<Waiting>>();
  #closed = false;

  /** Returns how to stop; that returns whether nobody waits for the segment any more because of it. */
  add(segment: SegmentId, watcher: SegmentWatcher): () => boolean {
    const waiting: Waiting = { watcher, done: false };
    const present = this.#waiting.get(segment);
    if (present) present.add(waiting);
    else this.#waiting.set(segment, new Set([waiting]));
    return () => {
      waiting.done = true;
      const others = this.#waiting.get(segment);
      return others?.delete(waiting) === true && others.size === 0 && this.#waiting.delete(segment);
    };
  }

  originOpened(segment: SegmentId): void {
    for (const { watcher } of this.#waiting.get(segment) ?? []) watcher.originOpened?.();
  }

  progress(segment: SegmentId, held: Progress | undefined): void {
    if (!held) return;
    for (const { watcher } of this.#waiting.get(segment) ?? [])
      watcher.progress?.(held.peerBytes, held.originBytes, held.byteLength);
  }

  /** `deliver` is called for each: hls.js may transfer its buffer to a worker. */
  complete(segment: SegmentId, deliver: () => SegmentDelivery): void {
    for (const waiting of this.#take(segment)) {
      const delivery = deliver();
      this.#end(waiting, () => {
        waiting.watcher.complete(delivery);
      });
    }
  }

  failed(segment: SegmentId, status: number): void {
    for (const waiting of this.#take(segment))
      this.#end(waiting, () => {
        waiting.watcher.failed(status);
      });
  }

  /** Nobody is told anything any more. */
  close(): void {
    this.#closed = true;
    this.#waiting.clear();
  }

  #take(segment: SegmentId): Iterable<Waiting> {
    const waiting = this.#waiting.get(segment);
    this.#waiting.delete(segment);
    return waiting ?? [];
  }

  #end(waiting: Waiting, tell: () => void): void {
    inTask(() => {
      if (!waiting.done && !this.#closed) tell();
    });
  }
}
