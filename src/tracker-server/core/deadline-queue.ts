import type { Millis } from "../../base/time.ts";

/**
 * Keys that all wait for the same span, so that the oldest is always the next: adding, removing and finding the
 * next cost the same however many wait. A `Map` keeps the order in which keys were added.
 */
export class DeadlineQueue<Key> {
  readonly #spanMs: Millis;
  readonly #dueAt = new Map<Key, Millis>();

  constructor(spanMs: Millis) {
    this.#spanMs = spanMs;
  }

  get size(): number {
    return this.#dueAt.size;
  }

  has(key: Key): boolean {
    return this.#dueAt.has(key);
  }

  /** Starts the wait of `key`, anew if it waits already. */
  add(now: Millis, key: Key): void {
    this.#dueAt.delete(key);
    this.#dueAt.set(key, now + this.#spanMs);
  }

  delete(key: Key): void {
    this.#dueAt.delete(key);
  }

  /** When the oldest is due; `Infinity` when none waits. */
  next(): Millis {
    for (const dueAt of this.#dueAt.values()) return dueAt;
    return Infinity;
  }

  /** Removes and returns whatever is due. */
  takeDue(now: Millis): readonly Key[] {
    const due: Key[] = [];
    for (const [key, dueAt] of this.#dueAt) {
      if (dueAt > now) break;
      this.#dueAt.delete(key);
      due.push(key);
    }
    return due;
  }

  /** Removes and returns the oldest, due or not. */
  takeOldest(): Key | undefined {
    for (const key of this.#dueAt.keys()) {
      this.#dueAt.delete(key);
      return key;
    }
    return undefined;
  }
}
