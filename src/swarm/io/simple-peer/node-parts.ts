/**
 * The few lines that simple-peer really uses of the seven packages it requires; the build puts them in their place
 * (`scripts/slim-simple-peer.mjs`). Named as simple-peer names them. Not for anybody else.
 */

type Listener = (...args: readonly unknown[]) => void;

/** As much of a Node stream as one takes that only ever calls `send` and listens to events. */
class Duplex {
  readonly #listeners = new Map<string, Listener[]>();
  readonly _readableState = { ended: false };
  readonly _writableState = { finished: false };

  on(event: string, listener: Listener): this {
    this.#listeners.set(event, [...(this.#listeners.get(event) ?? []), listener]);
    return this;
  }

  once(event: string, listener: Listener): this {
    const once: Listener = (...args) => {
      this.removeListener(event, once);
      listener(...args);
    };
    return this.on(event, once);
  }

  removeListener(event: string, listener: Listener): this {
    this.#listeners.set(event, this.#listeners.get(event)?.filter((other) => other !== listener) ?? []);
    return this;
  }

  emit(event: string, ...args: readonly unknown[]): boolean {
    const listeners = this.#listeners.get(event) ?? [];
    for (const listener of listeners) listener(...args);
    return listeners.length > 0;
  }

  /** A message arrived; null says that none will follow. */
  push(message: unknown): boolean {
    return message !== null && this.emit("data", message);
  }

  end(): this {
    return this;
  }
}

export const stream = { Duplex };

/** Received messages stay what the browser gave: bytes. */
export const Buffer = { from: (message: ArrayBuffer): Uint8Array => new Uint8Array(message) };

/** A new error, because the `code` of a DOMException can't be written. */
export const errCode = (error: unknown, code: string): Error =>
  new Error(`${code}: ${error instanceof Error ? error.message : String(error)}`);

/** Names nothing but simple-peer's log lines, which are gone, and channels, whose name is given. */
export const randombytes = (): string => "";

export const queueMicrotask = (task: () => void): void => {
  globalThis.queueMicrotask(task);
};

/** Looked up when a connection is made, so that importing us in Node touches nothing. */
export const getBrowserRTC = (): object | null =>
  typeof RTCPeerConnection === "undefined" ? null : { RTCPeerConnection, RTCSessionDescription, RTCIceCandidate };
