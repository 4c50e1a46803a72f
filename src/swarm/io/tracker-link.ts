import type { TrackerToViewer, ViewerToTracker } from "../../protocol/tracker-message.ts";

/** One connection to a tracker. When to connect again is the core's to decide. */
export interface TrackerLink {
  /** Dropped unless open. */
  send(message: ViewerToTracker): void;
  /** Idempotent. */
  close(): void;
}

/** Never called re-entrantly; never after `closed`. */
export interface TrackerLinkEvents {
  open(): void;
  /** A message that kept the protocol. One that did not closes the link. */
  message(message: TrackerToViewer): void;
  /** Exactly once, also when the connection never opened. */
  closed(reason: string): void;
}

export type OpenTrackerLink = (url: string, events: TrackerLinkEvents) => TrackerLink;
