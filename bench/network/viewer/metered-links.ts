/** Peer links that count what they carry besides media, and that measure how long a small message takes. */
import { encodePeerMessage } from "../../../src/protocol/peer-codec.ts";
import type { OpenPeerLink, PeerLink } from "../../../src/swarm/io/peer-link.ts";
import type { Probe } from "./viewer-report.ts";

export class MeteredLinks {
  readonly #index: number;
  readonly #now: () => number;
  readonly #open = new Set<PeerLink>();
  readonly probes: Probe[] = [];
  controlFrames = 0;
  controlBytes = 0;
  #turn = 0;

  /** `now` is a clock that all viewers share. */
  constructor(index: number, now: () => number) {
    this.#index = index;
    this.#now = now;
  }

  get openLinks(): number {
    return this.#open.size;
  }

  /** As `open`, but metered. */
  around(open: OpenPeerLink): OpenPeerLink {
    return (options) => {
      const { events } = options;
      const link = open({
        ...options,
        events: {
          signal: events.signal,
          open: () => {
            this.#open.add(link);
            events.open();
          },
          frame: (frame) => {
            if (frame[0] === PROBE_CODE) this.#receive(frame);
            else events.frame(frame);
          },
          closed: (reason) => {
            this.#open.delete(link);
            events.closed(reason);
          },
        },
      });
      return {
        signal: (text) => {
          link.signal(text);
        },
        send: (frame) => {
          if (frame[0] !== CHUNK_CODE) {
            this.controlFrames++;
            this.controlBytes += frame.byteLength;
          }
          link.send(frame);
        },
        close: () => {
          this.#open.delete(link);
          link.close();
        },
      };
    };
  }

  /** Sends a probe to one peer: each time the next one, so that measuring costs an uplink nothing. */
  probe(): void {
    const links = [...this.#open];
    const link = links[this.#turn++ % links.length];
    if (!link) return;
    const frame = new DataView(new ArrayBuffer(PROBE_BYTES));
    frame.setUint8(0, PROBE_CODE);
    frame.setUint16(1, this.#index);
    frame.setFloat64(3, this.#now());
    link.send(new Uint8Array(frame.buffer));
  }

  #receive({ buffer, byteOffset, byteLength }: Uint8Array): void {
    const frame = new DataView(buffer, byteOffset, byteLength);
    const sentAt = frame.getFloat64(3);
    this.probes.push({ from: frame.getUint16(1), sentAt, delayMs: this.#now() - sentAt });
  }
}

/** An extension that no version of the protocol has; a peer without this meter would ignore it (PE6). */
const PROBE_CODE = 0xff;
const PROBE_BYTES = 11;

const [CHUNK_CODE] = encodePeerMessage({
  ...{ type: "chunk", slot: 0, segment: { sequence: 0, tag: 0 }, chunk: 0, offset: 0, chunkBytes: 1 },
  payload: new Uint8Array(1),
});
