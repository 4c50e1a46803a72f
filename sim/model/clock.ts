import type { Millis } from "../../src/base/time.ts";

/** Something that happens at its instant. */
export interface Task {
  run(): void;
}

/**
 * Virtual time in whole milliseconds: one bucket of tasks for each, run in the order in which they were planned. A heap
 * would order by fractions too, at several times the price, and nothing here is known to a fraction of a millisecond.
 */
export class Clock {
  readonly #buckets: (Task[] | undefined)[] = [];
  readonly #endAt: Millis;
  now: Millis = 0;
  events = 0;

  constructor(endAt: Millis) {
    this.#endAt = endAt;
  }

  /** Never sooner than the next millisecond: so causes come before effects, and time always goes on. */
  at(at: Millis, task: Task): void {
    const bucket = Math.max(this.now + 1, Math.ceil(at));
    if (bucket > this.#endAt) return;
    const tasks = this.#buckets[bucket];
    if (tasks) tasks.push(task);
    else this.#buckets[bucket] = [task];
  }

  after(ms: Millis, run: () => void): void {
    this.at(this.now + ms, { run });
  }

  runToEnd(): void {
    for (let now = this.now; now <= this.#endAt; now++) {
      const tasks = this.#buckets[now];
      if (!tasks) continue;
      this.now = now;
      for (const task of tasks) task.run();
      this.events += tasks.length;
      this.#buckets[now] = undefined;
    }
    this.now = this.#endAt;
  }
}
