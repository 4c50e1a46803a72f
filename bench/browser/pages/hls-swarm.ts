/** This project's viewer: the one line of its README. */
import Hls from "hls.js";
import { createSwarm } from "hls-swarm";
import { offerViewer } from "./viewer.ts";

offerViewer((setup, config) => {
  const swarm = createSwarm({ tracker: setup.trackerUrl });
  const hls = new Hls({ ...config, ...swarm.config(Hls) });
  return { hls, peerReceivedBytes: () => swarm.stats.peerReceivedBytes };
});
