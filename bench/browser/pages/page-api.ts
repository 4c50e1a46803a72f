/** What the harness and a viewer's page say to each other. Plain data: it crosses the DevTools protocol. */

/** Options of hls.js that a contender sets; everything else is left as shipped, for all alike. */
export interface HlsOptions {
  readonly liveSyncDurationCount?: number;
}

/** Options of p2p-media-loader's core that differ from its defaults. */
export interface EngineOptions {
  readonly httpDownloadInitialTimeoutMs?: number;
  readonly highDemandTimeWindow?: number;
}

export interface PageSetup {
  readonly streamUrl: string;
  /** Empty for a contender that has none. */
  readonly trackerUrl: string;
  readonly hls: HlsOptions;
  readonly engine: EngineOptions;
  /** Cap of what this viewer sends to peers; 0 for none. */
  readonly uplinkBitsPerSecond: number;
}

/** One segment as it was handed to hls.js. */
export interface Delivery {
  readonly sequence: number;
  readonly byteLength: number;
  /** Hex. */
  readonly sha1: string;
}

/** Playback stood still. Instants are milliseconds since 1970. */
export interface Stall {
  readonly startedAt: number;
  readonly ms: number;
}

/** A snapshot of one viewer since its start; the last one survives a crash of the page. */
export interface PageReport {
  readonly now: number;
  /** Program date time of the playhead, in live. */
  readonly playingAt: number | undefined;
  /** From the creation of the player to the first `playing` after which time went on. */
  readonly startupMs: number | undefined;
  readonly startedAt: number | undefined;
  readonly stalls: readonly Stall[];
  readonly deliveries: readonly Delivery[];
  /** Media bytes from peers, by the library's own count. */
  readonly peerReceivedBytes: number;
  /** Bytes received and sent on data channels, by the browser's count. */
  readonly channelReceivedBytes: number;
  readonly channelSentBytes: number;
  /** Peer connections that were ever connected. */
  readonly connectionsMade: number;
  /** Fatal errors of hls.js. */
  readonly errors: readonly string[];
}

/** What a page offers the harness. */
export interface ViewerPage {
  /** Creates the player. */
  start(setup: PageSetup): void;
  /** `readChannels`: ask the connections too; until the next time the last answer stands. */
  report(readChannels: boolean): Promise<PageReport>;
}

declare global {
  var viewerPage: ViewerPage;
}
