/** Counts what left for whom: in all, by segment and by viewer. The truth that every claim is held against. */

/** @typedef {{ bytes: number, requests: number, rangeRequests: number, segmentBytes: Map<number, number> }} Tally */

export class Counters {
  #all = emptyTally();
  /** @type {Map<string, Tally>} */
  #byViewer = new Map();

  /**
   * @param {string} viewer
   * @param {boolean} ranged
   */
  addRequest(viewer, ranged) {
    for (const tally of [this.#all, this.#of(viewer)]) {
      tally.requests++;
      if (ranged) tally.rangeRequests++;
    }
  }

  /**
   * @param {string} viewer
   * @param {number} segment
   * @param {number} bytes
   */
  addBytes(viewer, segment, bytes) {
    for (const tally of [this.#all, this.#of(viewer)]) {
      tally.bytes += bytes;
      tally.segmentBytes.set(segment, (tally.segmentBytes.get(segment) ?? 0) + bytes);
      const [oldest] = tally.segmentBytes.keys();
      if (tally.segmentBytes.size > SEGMENTS_KEPT && oldest !== undefined) tally.segmentBytes.delete(oldest);
    }
  }

  /** A copy that later requests do not change. */
  snapshot() {
    const { bytes, ...all } = copyOf(this.#all);
    const byViewer = new Map([...this.#byViewer].map(([viewer, tally]) => [viewer, copyOf(tally)]));
    return { totalBytes: bytes, ...all, byViewer };
  }

  /** @param {string} viewer */
  #of(viewer) {
    let tally = this.#byViewer.get(viewer);
    if (!tally) this.#byViewer.set(viewer, (tally = emptyTally()));
    return tally;
  }
}

/**
 * The label of whoever asks. In the User-Agent, because a URL of its own would make it another stream and a header of
 * its own would cost a preflight.
 * @param {string | undefined} userAgent
 */
export const viewerOf = (userAgent) => /hls-viewer\/([\w.-]{1,64})/.exec(userAgent ?? "")?.[1] ?? "";

/** @returns {Tally} */
const emptyTally = () => ({ bytes: 0, requests: 0, rangeRequests: 0, segmentBytes: new Map() });

/** @param {Tally} tally */
const copyOf = (tally) => ({ ...tally, segmentBytes: new Map(tally.segmentBytes) });

/** More than two hours of 2 s segments; a demo may run for days. */
const SEGMENTS_KEPT = 4096;
