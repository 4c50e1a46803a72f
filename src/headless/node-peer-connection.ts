import { isIP } from "node:net";
import {
  RTCDataChannel,
  RTCDataChannelEvent,
  RTCIceCandidate,
  RTCPeerConnection,
  RTCPeerConnectionIceEvent,
  RTCSessionDescription,
} from "node-datachannel/polyfill";
import { assert } from "../base/assert.ts";
import type { WebRtc } from "../swarm/io/simple-peer-link.ts";
import type { NodeWebRtcOptions } from "./node-web-rtc.ts";

/**
 * node-datachannel's connection, mended where it differs from a browser's and we would notice. A program loads it through
 * `node-web-rtc.ts`, because the package may be missing.
 */
export class NodePeerConnection extends RTCPeerConnection {
  /** Candidates of ours that wait for the other side's description; undefined once that is there. */
  #waiting: Event[] | undefined = [];

  constructor(configuration?: RTCConfiguration) {
    super(configuration);
    this.addEventListener("datachannel", (event) => {
      if (event instanceof RTCDataChannelEvent) closePatiently(event.channel);
    });
  }

  override createDataChannel(label: string, options?: RTCDataChannelInit): RTCDataChannel {
    return closePatiently(super.createDataChannel(label, options));
  }

  /** A browser's candidate is an attribute without the `a=` of its line. */
  override dispatchEvent(event: Event): boolean {
    if (!(event instanceof RTCPeerConnectionIceEvent)) return super.dispatchEvent(event);
    if (this.#waiting) {
      this.#waiting.push(event);
      return true;
    }
    const { candidate, sdpMid } = event.candidate;
    const told = this.tell(candidate.replace(/^a=/, ""));
    if (told === undefined) return true;
    return super.dispatchEvent(new RTCPeerConnectionIceEvent(new RTCIceCandidate({ candidate: told, sdpMid })));
  }

  /** A candidate as it is told; undefined for none. */
  protected tell(candidate: string): string | undefined {
    return candidate;
  }

  /**
   * libdatachannel gives the description to ICE first and notes the fingerprint in it after. Whoever answers with our
   * candidates in hand is calling already: ICE connects at once, and where this thread has to wait for a core meanwhile,
   * DTLS finds no fingerprint and fails. So nobody can call before: who offers tells its candidates after the answer.
   */
  override async setRemoteDescription(description: RTCSessionDescriptionInit): Promise<void> {
    await super.setRemoteDescription(description);
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const event of waiting) this.dispatchEvent(event);
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
   * and repeated only after a second (libdatachannel issues 1554 and 1635). `passive` settles that the one starts who
   * answers: ICE connects there last, because who offers tells its candidates last, so the hello finds somebody. And
   * candidates travel behind, as a browser's do: see setRemoteDescription.
   */
  override get localDescription(): globalThis.RTCSessionDescription {
    const { type, sdp } = super.localDescription;
    const signalled = sdp
      .replace("a=setup:actpass", "a=setup:passive")
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

/** A message is on its way to libdatachannel's thread for much less. */
const CLOSE_LAG_MS = 30;

function plain(description: unknown): RTCSessionDescriptionInit {
  assert(description instanceof RTCSessionDescription, "node-datachannel describes as a browser does");
  return { type: description.type, sdp: description.sdp };
}

export const nodeWebRtc: WebRtc = { RTCPeerConnection: NodePeerConnection, RTCSessionDescription, RTCIceCandidate };

/** The same, with connections that have one port, or say that they are at another address, or both. */
export function nodeWebRtcAt({ publicAddress, udpPort }: NodeWebRtcOptions): WebRtc {
  const port = udpPort !== undefined && { enableIceUdpMux: true, portRangeBegin: udpPort, portRangeEnd: udpPort };
  class PlacedConnection extends NodePeerConnection {
    readonly #told = new Set<string>();

    constructor(configuration?: RTCConfiguration) {
      super({ ...configuration, ...port });
    }

    /** Several of the machine's own addresses become the same one: it is told once. */
    protected override tell(candidate: string): string | undefined {
      if (publicAddress === undefined) return candidate;
      const placed = atAddress(candidate, publicAddress);
      const where = placed
        .split(" ")
        .slice(PLACE, PLACE + 2)
        .join(" ");
      if (this.#told.has(where)) return undefined;
      this.#told.add(where);
      return placed;
    }
  }
  return { ...nodeWebRtc, RTCPeerConnection: PlacedConnection };
}

/** A candidate (RFC 8839 section 5.1) of the machine's own, moved to another address of the same family. */
export function atAddress(candidate: string, address: string): string {
  const fields = candidate.split(" ");
  if (!candidate.includes(" typ host") || isIP(fields[PLACE] ?? "") !== isIP(address)) return candidate;
  return fields.map((field, place) => (place === PLACE ? address : field)).join(" ");
}

/** Of the address, among the fields of a candidate; the port follows. */
const PLACE = 4;
