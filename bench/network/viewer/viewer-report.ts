/** What the benchmark tells a viewer and hears from it. Plain data: it crosses a process border. */
import type { Stall } from "../../browser/pages/page-api.ts";

export interface ViewerSetup {
  readonly index: number;
  readonly streamUrl: string;
  readonly trackerUrl: string;
  readonly behindSeconds: number;
  readonly upload: boolean;
}

/** Instants are milliseconds since 1970 on the clock that all viewers share. Counts are since the start. */
export interface ViewerReport {
  readonly createdAt: number;
  /** The first picture after which time went on. */
  readonly startedAt: number | undefined;
  readonly stalls: readonly Stall[];
  /** Segments handed to the player. */
  readonly plays: number;
  readonly playedBytes: number;
  readonly peerReceivedBytes: number;
  readonly originReceivedBytes: number;
  readonly uploadedBytes: number;
  readonly wastedBytes: number;
  /** Frames sent that carry no media, and their bytes. */
  readonly controlFrames: number;
  readonly controlBytes: number;
  /** When a segment was here as a whole, whoever brought it. */
  readonly completions: readonly { readonly sequence: number; readonly at: number }[];
  readonly probes: readonly Probe[];
  readonly openLinks: number;
  /** Fatal errors of hls.js, and bugs of ours. */
  readonly errors: readonly string[];
}

/** A message that says when it was sent, through the same channel as everything else. */
export interface Probe {
  /** The sender's index. */
  readonly from: number;
  readonly sentAt: number;
  readonly delayMs: number;
}

/** How a witness's page is driven. */
export interface ViewerPage {
  start(setup: ViewerSetup): void;
  report(): ViewerReport;
}

export const isViewerReport = (value: unknown): value is ViewerReport =>
  typeof value === "object" && value !== null && "probes" in value;
