/**
 * The few lines that simple-peer really uses of the seven packages it requires; the build puts them in their place
 * (`scripts/slim-simple-peer.mjs`). Named as simple-peer names them. Not for anybody else.
 */

type Listener = (...args: readonly unknown[]) => void;

/** As much of a Node stream as one takes that only ever calls `send` and listens to events. */
class Duplex {
  readonly #listeners = new Map<string, Listener[]>();

  on(event: string, listener: Listener): this {
    this.#listeners.set(event, [...(this.#listeners.get(event) ?? []), listener]);
    return this;
  }

  emit(event: string, ...args: readonly unknown[]): void {
    for (const listener of this.#listeners.get(event) ?? []) listener(...args);
  }

  /** A message arrived. */
  push(message: unknown): void {
    this.emit("data", message);
  }
}

export const stream = { Duplex };

/** Received messages stay what the browser gave: bytes. */
export const Buffer = { from: (message: ArrayBuffer): Uint8Array => new Uint8Array(message) };

/** A new error, because the `code` of a DOMException can't be written. */
export const errCode = (error: unknown, code: string): Error =>
  new Error(`${code}: ${error instanceof Error ? error.message : String(error)}`);

export const queueMicrotask = (task: () => void): void => {
  globalThis.queueMicrotask(task);
};

/** Looked up when a connection is made, so that importing us in Node touches nothing. */
export const getBrowserRTC = (): object | null =>
  typeof RTCPeerConnection === "undefined" ? null : { RTCPeerConnection, RTCSessionDescription, RTCIceCandidate };
