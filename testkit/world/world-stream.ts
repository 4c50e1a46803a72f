import { createRng, type Rng } from "../../src/base/random.ts";
import { segmentIdOf, trackIdOf, type SegmentId, type SegmentName, type TrackId } from "../../src/protocol/ids.ts";
import { VirtualTime } from "./virtual-time.ts";
import type { WorldOptions } from "./options.ts";

/** The one stream of a World, when each segment is made, and what its origin has sent of it. */
export class WorldStream extends VirtualTime {
  readonly options: Required<Omit<WorldOptions, "parts">> & Pick<WorldOptions, "parts">;
  readonly rng: Rng;
  readonly track: TrackId = trackIdOf("the only rendition");
  readonly origin = {
    up: true,
    status: 503,
    lateShare: 0,
    lags: false,
    bytes: 0,
    requests: 0,
    bySegment: new Map<number, number>(),
  };

  constructor(options: WorldOptions) {
    super();
    this.options = {
      live: true,
      segmentSeconds: 2,
      segmentBytes: 300_000,
      windowSegments: 20,
      behindSegments: 3,
      latencyMs: 20,
      originLatencyMs: 30,
      originBitsPerSecond: 20e6,
      locates: true,
      parts: undefined,
      tuning: {},
      ...options,
    };
    this.rng = createRng(options.seed);
    // The stream has been on for a while before anybody joins.
    this.now = this.options.live ? this.options.windowSegments * this.options.segmentSeconds * 1000 + 7 : 0;
  }

  segmentName(sequence: number): SegmentName {
    return { sequence, tag: 0xfeed };
  }

  segmentId(sequence: number): SegmentId {
    return segmentIdOf(this.track, this.segmentName(sequence));
  }

  /** Newest segment of the live playlist now. */
  get newest(): number {
    const { live, segmentSeconds, windowSegments } = this.options;
    return live ? Math.floor(this.now / (segmentSeconds * 1000)) - 1 : windowSegments - 1;
  }

  /** When the origin has it. */
  madeAt(sequence: number): number {
    return (sequence + 1) * this.options.segmentSeconds * 1000;
  }

  /** Copies of a segment that the origin has sent. */
  copies(sequence: number): number {
    return (this.origin.bySegment.get(sequence) ?? 0) / this.options.segmentBytes;
  }

  meanCopies(from: number, to: number): number {
    let sum = 0;
    for (let sequence = from; sequence <= to; sequence++) sum += this.copies(sequence);
    return sum / (to - from + 1);
  }
}
