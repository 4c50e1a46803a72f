import { Heap } from "../../src/base/heap.ts";

/** A clock that stands still but for what is scheduled on it, in milliseconds. */
export class VirtualTime {
  now = 0;
  #atOnce = 0;
  readonly #heap = new Heap<{ readonly at: number; readonly run: () => void }>((a, b) => a.at < b.at);

  at(at: number, run: () => void): void {
    this.#heap.push({ at: Math.max(at, this.now), run });
  }

  after(ms: number, run: () => void): void {
    this.at(this.now + ms, run);
  }

  run(ms: number): void {
    const end = this.now + ms;
    for (let next = this.#heap.peek(); next && next.at <= end; next = this.#heap.peek()) {
      this.#heap.pop();
      this.#advance(next.at);
      next.run();
    }
    this.now = end;
  }

  runUntil(done: () => boolean, withinMs = 60_000): void {
    const end = this.now + withinMs;
    while (!done()) {
      const next = this.#heap.pop();
      if (!next || next.at > end) throw new Error(`did not happen within ${String(withinMs)} ms`);
      this.#advance(next.at);
      next.run();
    }
  }

  #advance(at: number): void {
    this.#atOnce = at > this.now ? 0 : this.#atOnce + 1;
    if (this.#atOnce > AT_ONCE_MAX) throw new Error("time stands still: somebody wakes without end");
    this.now = at;
  }
}

const AT_ONCE_MAX = 100_000;
