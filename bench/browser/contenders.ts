/** Who is compared, and what each is given. All play the same stream with the same build of hls.js. */
import type { EngineOptions, HlsOptions } from "./pages/page-api.ts";
import type { TrackerKind } from "./tracker.ts";

export interface Contender {
  readonly name: string;
  /** Its page: pages/<page>.ts. */
  readonly page: "plain" | "p2p-media-loader" | "hls-swarm";
  readonly tracker: TrackerKind | undefined;
  readonly hls: HlsOptions;
  readonly engine: EngineOptions;
}

export const contenders: readonly Contender[] = [
  { name: "plain", page: "plain", tracker: undefined, hls: {}, engine: {} },
  // As shipped: it moves the player almost a whole playlist away from the live edge.
  { name: "p2p-media-loader", page: "p2p-media-loader", tracker: "bittorrent", hls: {}, engine: {} },
  // Held at hls.js's own distance from the edge, with its documented knobs set for that.
  {
    name: "p2p-media-loader-tuned",
    page: "p2p-media-loader",
    tracker: "bittorrent",
    hls: { liveSyncDurationCount: 3 },
    engine: { httpDownloadInitialTimeoutMs: 3000, highDemandTimeWindow: 4 },
  },
  { name: "hls-swarm", page: "hls-swarm", tracker: "hls-swarm", hls: {}, engine: {} },
];
