import type { Bytes, Millis } from "../../src/base/time.ts";
import type { SegmentId } from "../../src/protocol/ids.ts";
import { CHUNK_BYTES } from "../../src/protocol/limits.ts";
import { HASH_BYTES } from "../../src/protocol/segment-root.ts";
import type { StreamSegment } from "./stream.ts";
import type { Viewer } from "./viewer.ts";

/**
 * What one viewer can check chunks against: of which segments it has the file of hashes (IN4). The hashes themselves are
 * not modelled: a chunk knows whether it was altered. Checking takes no time; fetching the file does.
 */
export class Proofs {
  readonly #viewer: Viewer;
  readonly #knownAt = new Map<SegmentId, Millis>();

  constructor(viewer: Viewer) {
    this.#viewer = viewer;
  }

  /** When chunks of a segment can be checked. The first to ask has the file fetched. */
  knownAt(segment: StreamSegment): Millis {
    let at = this.#knownAt.get(segment.id);
    if (at === undefined) this.#knownAt.set(segment.id, (at = this.#fetch(segment)));
    return at;
  }

  #fetch({ byteLength }: StreamSegment): Millis {
    const { world, rng, firstByteMs, counts } = this.#viewer;
    const { meter, clock, plan } = world;
    const bytes: Bytes = HASH_BYTES * Math.ceil(byteLength / CHUNK_BYTES);
    if (meter.on && counts) {
      meter.originRequests++;
      meter.originBytes += bytes;
    }
    const slowMs = rng.next() < plan.origin.slowShare ? plan.origin.slowMs : 0;
    return clock.now + firstByteMs * (0.8 + 0.7 * rng.next()) + slowMs;
  }
}
