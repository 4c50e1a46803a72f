/** The rival's viewer, set up as its documentation shows. */
import Hls from "hls.js";
import { HlsJsP2PEngine } from "p2p-media-loader-hlsjs";
import { offerViewer } from "./viewer.ts";

offerViewer((setup, config) => {
  let peerReceivedBytes = 0;
  const HlsWithP2P = HlsJsP2PEngine.injectMixin(Hls);
  const hls = new HlsWithP2P({
    ...config,
    p2p: {
      core: { ...setup.engine, announceTrackers: [setup.trackerUrl], rtcConfig: { iceServers: [] } },
      onHlsJsCreated: ({ p2pEngine }) => {
        p2pEngine.addEventListener("onChunkDownloaded", (byteLength, source) => {
          if (source === "p2p") peerReceivedBytes += byteLength;
        });
      },
    },
  });
  return { hls, peerReceivedBytes: () => peerReceivedBytes };
});
