/** Spans of a media timeline in seconds, in order and apart. What `buffered` returns. */
export class Ranges {
  readonly #spans: readonly (readonly [start: number, end: number])[];

  constructor(spans: readonly (readonly [start: number, end: number])[] = []) {
    this.#spans = spans;
  }

  get length(): number {
    return this.#spans.length;
  }

  start(index: number): number {
    return this.#at(index)[0];
  }

  end(index: number): number {
    return this.#at(index)[1];
  }

  /** Where what is played at `position` ends; undefined in a hole. */
  endOf(position: number): number | undefined {
    return this.#spans.find(([start, end]) => start <= position + TOLERANCE_SECONDS && end > position)?.[1];
  }

  /** Spans that nearly touch become one, as in browsers. */
  with(start: number, end: number): Ranges {
    const merged: [number, number][] = [];
    for (const [from, to] of [...this.#spans, [start, end] as const].sort(([a], [b]) => a - b)) {
      const last = merged.at(-1);
      if (last && from <= last[1] + TOLERANCE_SECONDS) last[1] = Math.max(last[1], to);
      else merged.push([from, to]);
    }
    return new Ranges(merged);
  }

  without(start: number, end: number): Ranges {
    const left = this.#spans.flatMap(([from, to]): [number, number][] => [
      [from, Math.min(to, start)],
      [Math.max(from, end), to],
    ]);
    return new Ranges(left.filter(([from, to]) => to > from));
  }

  /** What both have. */
  and(other: Ranges): Ranges {
    const common = this.#spans.flatMap(([from, to]) =>
      other.#spans.map(([start, end]): [number, number] => [Math.max(from, start), Math.min(to, end)]),
    );
    return new Ranges(common.filter(([from, to]) => to > from));
  }

  #at(index: number): readonly [number, number] {
    const span = this.#spans[index];
    if (!span) throw new RangeError(`no range ${index}`);
    return span;
  }
}

/** Media rarely begins exactly where it says. */
const TOLERANCE_SECONDS = 0.15;
