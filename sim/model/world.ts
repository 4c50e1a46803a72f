import type { Clock } from "./clock.ts";
import type { TraceSink } from "./figures.ts";
import type { Meter } from "./meter.ts";
import type { Origin } from "./origin.ts";
import type { Plan } from "./plan.ts";
import type { Stream, StreamSegment } from "./stream.ts";
import type { TrackerHost } from "./tracker.ts";
import type { Viewer } from "./viewer.ts";

/** What every viewer of one run shares. */
export interface World {
  readonly plan: Plan;
  readonly clock: Clock;
  readonly stream: Stream;
  readonly meter: Meter;
  readonly origin: Origin;
  readonly tracker: TrackerHost<Viewer>;
  readonly trace: TraceSink | undefined;
  left(viewer: Viewer): void;
  completed(viewer: Viewer, segment: StreamSegment): void;
}
