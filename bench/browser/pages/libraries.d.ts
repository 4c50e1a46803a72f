/**
 * Types of the libraries that pages.ts aliases to their published bundles: checked without dist/ and without the rival
 * installed. Of p2p-media-loader-hlsjs 2.3.1 just the part that its page uses.
 */
declare module "hls-swarm" {
  export const createSwarm: typeof import("../../../src/index.ts").createSwarm;
}

declare module "p2p-media-loader-hlsjs" {
  import type Hls from "hls.js";
  import type { HlsConfig } from "hls.js";

  interface CoreOptions {
    readonly announceTrackers: readonly string[];
    readonly rtcConfig: RTCConfiguration;
    readonly httpDownloadInitialTimeoutMs?: number;
    readonly highDemandTimeWindow?: number;
  }

  export class HlsJsP2PEngine {
    static injectMixin(hls: typeof Hls): new (
      config: Partial<HlsConfig> & {
        p2p: { core: CoreOptions; onHlsJsCreated: (hls: { readonly p2pEngine: HlsJsP2PEngine }) => void };
      },
    ) => Hls;
    addEventListener(
      event: "onChunkDownloaded",
      listener: (byteLength: number, source: "http" | "p2p", peerId?: string) => void,
    ): void;
  }
}
