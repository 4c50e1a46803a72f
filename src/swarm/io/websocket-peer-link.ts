/**
 * A peer link over WebSocket, for chains of seeders and for viewers whose network blocks WebRTC: the frames of the data
 * channel, one in each binary message (PE41). There is nothing to signal.
 */
import { assert } from "../../base/assert.ts";
import type { Millis } from "../../base/time.ts";
import type { SwarmId } from "../../protocol/ids.ts";
import { FRAME_BYTES_MAX } from "../../protocol/limits.ts";
import { PEER_PATH } from "../../protocol/version.ts";
import { addPageHideTask, deletePageHideTask } from "./page-hide.ts";
import type { PeerLink, PeerLinkEvents } from "./peer-link.ts";

/** As much of the standard WebSocket as we use; the `ws` package has it too. */
export interface FrameSocket {
  binaryType: string;
  readonly readyState: number;
  readonly bufferedAmount: number;
  addEventListener(type: "open" | "error" | "close", listener: () => void): void;
  addEventListener(type: "message", listener: (event: { readonly data: unknown }) => void): void;
  send(frame: Uint8Array<ArrayBuffer>): void;
  close(): void;
}

export type FrameSocketClass = new (url: string) => FrameSocket;

/** Links to a seeder's WebSocket. */
export type OpenParentLink = (url: string, events: PeerLinkEvents, connectTimeoutMs: Millis) => PeerLink;

/** Over the browser's own WebSocket, or, for Node, another class with the same interface. */
export const createWebSocketPeerLinks =
  (socketClass?: FrameSocketClass): OpenParentLink =>
  (url, events, connectTimeoutMs) =>
    new WebSocketPeerLink(() => new (socketClass ?? WebSocket)(url), events, connectTimeoutMs);

/** The other end of one: a server's socket, which is open. */
export const acceptWebSocketPeerLink = (socket: FrameSocket, events: PeerLinkEvents): PeerLink =>
  new WebSocketPeerLink(() => socket, events, HELLO_MS_MAX);

/** Where a swarm's peers are let in at a seeder that listens at `url`. */
export const peerUrlOf = (url: string, swarm: SwarmId): string => url.replace(/\/*$/, PEER_PATH) + swarm;

class WebSocketPeerLink implements PeerLink {
  readonly #events: PeerLinkEvents;
  readonly #connectTimer: ReturnType<typeof setTimeout>;
  #socket: FrameSocket | undefined;
  #phase: "connecting" | "open" | "closed" = "connecting";

  constructor(open: () => FrameSocket, events: PeerLinkEvents, connectTimeoutMs: Millis) {
    this.#events = events;
    this.#connectTimer = setTimeout(() => {
      this.#end("connect timeout");
    }, connectTimeoutMs);
    addPageHideTask(this.#hide);
    try {
      const socket = (this.#socket = open());
      socket.binaryType = "arraybuffer";
      const opened = (): void => {
        if (this.#phase !== "connecting") return;
        this.#phase = "open";
        clearTimeout(this.#connectTimer);
        events.open();
      };
      socket.addEventListener("open", opened);
      socket.addEventListener("message", ({ data }) => {
        opened();
        if (this.#phase !== "open") return;
        if (data instanceof ArrayBuffer && data.byteLength <= FRAME_BYTES_MAX) events.frame(new Uint8Array(data));
        else this.#end("not a frame");
      });
      socket.addEventListener("error", () => {
        this.#end("connection failed");
      });
      socket.addEventListener("close", () => {
        this.#end("closed by the peer");
      });
      if (socket.readyState === OPEN) queueMicrotask(opened);
    } catch (error) {
      // Not a WebSocket URL, one that the page's security policy forbids, or no WebSocket here.
      this.#end(error instanceof Error ? error.message : String(error));
    }
  }

  signal(): void {
    this.#end("a signal for a WebSocket");
  }

  send(frame: Uint8Array<ArrayBuffer>): void {
    assert(frame.byteLength <= FRAME_BYTES_MAX, "a frame is larger than FRAME_BYTES_MAX");
    const socket = this.#socket;
    if (this.#phase !== "open" || socket?.readyState !== OPEN) return;
    // The windows keep less than this on its way (PE43): what is more waits for somebody who reads nothing.
    if (socket.bufferedAmount > BUFFERED_BYTES_MAX) this.#end("too much is queued");
    else socket.send(frame);
  }

  close(): void {
    this.#end("closed here");
  }

  readonly #hide = (): void => {
    this.#end("page hidden");
  };

  /** The socket itself goes on until what is queued is sent, and says goodbye then (RFC 6455 section 7.1.1). */
  #end(reason: string): void {
    if (this.#phase === "closed") return;
    this.#phase = "closed";
    clearTimeout(this.#connectTimer);
    deletePageHideTask(this.#hide);
    this.#socket?.close();
    queueMicrotask(() => {
      this.#events.closed(reason);
    });
  }
}

/** `WebSocket.OPEN`, which an injected class may lack. */
const OPEN = 1;

/** A socket that was accepted is open already. */
const HELLO_MS_MAX: Millis = 1000;

/** Several of the largest windows, and what is said besides. */
const BUFFERED_BYTES_MAX = 4 * 1024 * 1024;
