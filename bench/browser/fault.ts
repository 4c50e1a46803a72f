/** What goes wrong halfway through a run, on request. */
import { setTimeout as sleep } from "node:timers/promises";
import type { RunningOrigin } from "../../testkit/origin/origin.d.mts";
import type { Fault } from "./options.ts";
import type { RunningTracker } from "./tracker.ts";
import type { WatchedViewer } from "./watched-viewer.ts";

/** Every third viewer, the second one first: the first is the one that everybody else met on joining. */
export const isKilledBy = (fault: Fault | undefined, viewer: number): boolean =>
  fault === "peer-kill" && viewer % 3 === 1;

export async function strike(
  fault: Fault,
  {
    origin,
    tracker,
    viewers,
  }: {
    readonly origin: RunningOrigin;
    readonly tracker: RunningTracker | undefined;
    readonly viewers: readonly WatchedViewer[];
  },
): Promise<void> {
  switch (fault) {
    case "tracker-kill":
      await tracker?.kill();
      return;
    case "peer-kill":
      await Promise.all(viewers.filter((viewer) => viewer.isDoomed).map((viewer) => viewer.kill()));
      return;
    case "origin-5xx":
      origin.setFault({ kind: "5xx", status: 500 });
      await sleep(ERRORS_MS);
      origin.setFault({ kind: "none" });
      return;
    case "origin-outage":
      origin.setFault({ kind: "outage" });
      await sleep(OUTAGE_MS);
      origin.setFault({ kind: "none" });
      return;
  }
}

const ERRORS_MS = 5000;
/** Longer than hls.js's live buffer at its default distance: whoever has only the origin must stall. */
const OUTAGE_MS = 10_000;
