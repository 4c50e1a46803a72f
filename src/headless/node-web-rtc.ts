/**
 * WebRTC for programs: node-datachannel, an optional dependency that carries its binaries in npm packages. It is loaded
 * when somebody asks for it, so that what needs no WebRTC runs without. After the last connection its threads keep the
 * process for some seconds; a program that is done calls `process.exit()`, because the package's own `cleanup` crashes.
 */
import { OptionError } from "../base/option-error.ts";
import type { WebRtc } from "../swarm/io/simple-peer-link.ts";

export interface NodeWebRtcOptions {
  /**
   * The address that peers are told instead of this machine's own, which a NAT maps one to one: an IPv4 or IPv6 address.
   * Default: the machine's own addresses.
   */
  readonly publicAddress?: string | undefined;
  /** One UDP port for all connections. Default: each has one of its own. */
  readonly udpPort?: number | undefined;
}

/** Rejects with an {@link OptionError} where the package is missing or has no binary for this machine. */
export async function loadNodeWebRtc(options: NodeWebRtcOptions = {}): Promise<WebRtc> {
  const [connections, library] = await Promise.all([
    import("./node-peer-connection.ts"),
    import("node-datachannel"),
  ]).catch((cause: unknown) => {
    throw new OptionError(`WebRTC needs the package node-datachannel: npm install node-datachannel (${String(cause)})`);
  });
  await warmUp(library);
  return connections.nodeWebRtcAt(options);
}

/**
 * The first connection of a process sometimes fails, in libdatachannel's own making of certificates and threads: it is
 * made here, with nobody, and its outcome does not matter.
 */
async function warmUp({ PeerConnection }: typeof import("node-datachannel")): Promise<void> {
  const caller = new PeerConnection("caller", { iceServers: [] });
  const callee = new PeerConnection("callee", { iceServers: [] });
  await new Promise<void>((resolve) => {
    const giveUp = setTimeout(resolve, WARM_UP_MS_MAX);
    caller.onLocalDescription((sdp, type) => {
      callee.setRemoteDescription(sdp, type);
    });
    callee.onLocalDescription((sdp, type) => {
      clearTimeout(giveUp);
      caller.setRemoteDescription(sdp, type);
      resolve();
    });
    caller.createDataChannel("warm-up");
  });
  caller.close();
  callee.close();
}

/** It takes some 20 ms. */
const WARM_UP_MS_MAX = 1_000;
