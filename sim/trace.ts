import type { TraceSink } from "./model/figures.ts";

/**
 * Writes a run in the Chrome trace event format, which Perfetto and chrome://tracing open: one process for the swarm,
 * in it one track per viewer. Keeps nothing but who has a track: a long run's trace is larger than memory.
 */
export class ChromeTrace implements TraceSink {
  readonly #write: (text: string) => void;
  readonly #named = new Set<number>();

  constructor(title: string, write: (text: string) => void) {
    this.#write = write;
    const name = { ph: "M", pid: PROCESS, name: "process_name", args: { name: title } };
    write(`{"displayTimeUnit":"ms","traceEvents":[\n${JSON.stringify(name)}`);
  }

  span(viewer: number, name: string, fromMs: number, toMs: number, details: Readonly<Record<string, unknown>>): void {
    this.#event(viewer, { ph: "X", name, ts: fromMs * 1000, dur: (toMs - fromMs) * 1000, args: details });
  }

  mark(viewer: number, name: string, atMs: number, details: Readonly<Record<string, unknown>>): void {
    this.#event(viewer, { ph: "i", s: "t", name, ts: atMs * 1000, args: details });
  }

  close(): void {
    this.#write("\n]}\n");
  }

  #event(viewer: number, event: Readonly<Record<string, unknown>>): void {
    // Track 0 would be drawn as part of the process.
    const track = { pid: PROCESS, tid: viewer + 1 };
    if (!this.#named.has(viewer)) {
      this.#named.add(viewer);
      this.#add({ ph: "M", ...track, name: "thread_name", args: { name: `viewer ${viewer}` } });
      this.#add({ ph: "M", ...track, name: "thread_sort_index", args: { sort_index: viewer } });
    }
    this.#add({ ...event, ...track });
  }

  #add(event: Readonly<Record<string, unknown>>): void {
    this.#write(`,\n${JSON.stringify(event)}`);
  }
}

const PROCESS = 1;
