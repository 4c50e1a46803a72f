import type { PeerId } from "../../protocol/ids.ts";

/**
 * One connection to one peer, whatever carries it: simple-peer in a browser or over node-datachannel, the simulator's
 * link, later a WebSocket. It moves signals and frames; windows, pacing and timeouts belong to the core.
 */
export interface PeerLink {
  /** Takes what the other side's `signal` gave. Garbage closes the link; ignored once closed. */
  signal(signal: string): void;
  /** Sends one frame, at most `FRAME_BYTES_MAX` bytes. Silently dropped unless open. The bytes must not change afterwards. */
  send(frame: Uint8Array): void;
  /** Idempotent. What was sent just before is flushed as far as the transport allows. */
  close(): void;
}

/** Never called re-entrantly from a method of the link; never after `closed`. */
export interface PeerLinkEvents {
  /** To be carried to the other side by the tracker, at most `SIGNAL_CHARS_MAX` characters. */
  signal(signal: string): void;
  open(): void;
  /** A plain `Uint8Array`, owned by the receiver. */
  frame(frame: Uint8Array): void;
  /** Exactly once, also after `close()` by ourselves. */
  closed(reason: string): void;
}

export interface PeerLinkOptions {
  /** Whom the signals go to, and come from. */
  readonly peer: PeerId;
  readonly initiator: boolean;
  /** Passed to RTCPeerConnection. `iceServers` is empty unless the site configured some: no third party by default. */
  readonly rtc: RTCConfiguration;
  readonly connectTimeoutMs: number;
  readonly events: PeerLinkEvents;
}

export type OpenPeerLink = (options: PeerLinkOptions) => PeerLink;
