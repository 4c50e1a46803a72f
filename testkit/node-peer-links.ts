import { nodeWebRtc } from "../src/headless/node-peer-connection.ts";
import { createSimplePeerLinks } from "../src/swarm/io/simple-peer-link.ts";
import { hasCandidates, ownPeerLinks } from "./watched-peer-link.ts";

/** Links over node-datachannel, for tests to skip where ICE finds no candidate. */
export async function openNodePeerLinks() {
  const links = ownPeerLinks(createSimplePeerLinks(nodeWebRtc));
  const isReachable = await hasCandidates(links.open);
  if (!isReachable) console.warn("skipped: ICE finds no candidate here; it needs an interface and a default route");
  return { ...links, isReachable };
}
