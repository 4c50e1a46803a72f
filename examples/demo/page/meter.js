/** The recent past of one counter that never goes back: how much and how fast it grew. */
export class Meter {
  #readings = [];

  add(at, value) {
    this.#readings.push({ at, value });
    // One reading older than the span asked for is needed to know its growth.
    while (this.#readings.length > 2 && this.#readings[1].at < at - KEEP_MS) this.#readings.shift();
  }

  growth(spanMs) {
    const { value, since } = this.#span(spanMs);
    return value - since.value;
  }

  /** 0 until there are two readings. */
  bitsPerSecond(spanMs) {
    const { value, at, since } = this.#span(spanMs);
    return at > since.at ? ((value - since.value) * 8000) / (at - since.at) : 0;
  }

  #span(spanMs) {
    const last = this.#readings.at(-1) ?? { at: 0, value: 0 };
    const since = this.#readings.findLast(({ at }) => at <= last.at - spanMs) ?? this.#readings[0] ?? last;
    return { ...last, since };
  }
}

/** Longer than any span that the page asks for. */
const KEEP_MS = 60_000;
