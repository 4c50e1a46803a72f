import {
  RTCDataChannel,
  RTCDataChannelEvent,
  RTCIceCandidate,
  RTCPeerConnection,
  RTCSessionDescription,
} from "node-datachannel/polyfill";
import { assert } from "../src/base/assert.ts";
import type { WebRtc } from "../src/swarm/io/simple-peer-link.ts";

/** node-datachannel, for tests in Node, with the three things mended in which it differs from a browser and that we would notice. */
export class NodePeerConnection extends RTCPeerConnection {
  constructor(configuration?: RTCConfiguration) {
    super(configuration);
    this.addEventListener("datachannel", (event) => {
      if (event instanceof RTCDataChannelEvent) closePatiently(event.channel);
    });
  }

  override createDataChannel(label: string, options?: RTCDataChannelInit): RTCDataChannel {
    return closePatiently(super.createDataChannel(label, options));
  }

  /** simple-peer writes to an offer; node-datachannel's is read-only. */
  override async createOffer(): Promise<RTCSessionDescriptionInit> {
    return plain(await super.createOffer());
  }

  override async createAnswer(): Promise<RTCSessionDescriptionInit> {
    return plain(await super.createAnswer());
  }

  /**
   * What gets signalled, mended twice. With `setup:actpass` both sides may start DTLS, then a hello is sometimes lost
   * and repeated only after a second (libdatachannel issues 1554 and 1635); `active` settles who starts. And candidates
   * travel behind, as a browser's do: within the description they may connect ICE, and start DTLS, before libdatachannel
   * has noted the other side's fingerprint, which fails.
   */
  override get localDescription(): globalThis.RTCSessionDescription {
    const { type, sdp } = super.localDescription;
    const signalled = sdp
      .replace("a=setup:actpass", "a=setup:active")
      .replaceAll(/a=(candidate:.*|end-of-candidates)\r\n/g, "");
    return new RTCSessionDescription({ type, sdp: signalled });
  }
}

/** libdatachannel lets the end of a channel overtake the messages before it; a browser's `close()` sends them first. */
function closePatiently(channel: RTCDataChannel): RTCDataChannel {
  const close = channel.close.bind(channel);
  channel.close = () => {
    setTimeout(close, CLOSE_LAG_MS);
  };
  return channel;
}

const CLOSE_LAG_MS = 30;

function plain(description: unknown): RTCSessionDescriptionInit {
  assert(description instanceof RTCSessionDescription, "node-datachannel describes as a browser does");
  return { type: description.type, sdp: description.sdp };
}

export const nodeWebRtc: WebRtc = { RTCPeerConnection: NodePeerConnection, RTCSessionDescription, RTCIceCandidate };
