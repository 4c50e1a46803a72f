/**
 * Counts what arrives on data channels, by the browser's own statistics: the check on what a library says of itself.
 * A script of its own, loaded before anything else in the page: libraries keep the constructor they find.
 */
class Connections {
  readonly #open = new Set<RTCPeerConnection>();
  readonly #receivedBytes = new WeakMap<RTCPeerConnection, number>();
  #totalBytes = 0;
  #connected = 0;

  /** Replaces `RTCPeerConnection` in this page by one that is counted. */
  install(): void {
    const track = (connection: RTCPeerConnection): void => {
      this.#track(connection);
    };
    globalThis.RTCPeerConnection = class extends RTCPeerConnection {
      constructor(configuration?: RTCConfiguration) {
        super(configuration);
        track(this);
      }
    };
  }

  get connected(): number {
    return this.#connected;
  }

  /** Bytes received so far. What a connection receives between the last call and its end is not counted. */
  async receivedBytes(): Promise<number> {
    await Promise.all([...this.#open].map((connection) => this.#read(connection)));
    return this.#totalBytes;
  }

  #track(connection: RTCPeerConnection): void {
    this.#open.add(connection);
    let isCounted = false;
    connection.addEventListener("connectionstatechange", () => {
      if (connection.connectionState !== "connected" || isCounted) return;
      isCounted = true;
      this.#connected += 1;
    });
  }

  async #read(connection: RTCPeerConnection): Promise<void> {
    // Forgotten once closed: Chromium counts a closed connection against its limit until it is collected.
    if (connection.connectionState === "closed") this.#open.delete(connection);
    let bytes = 0;
    for (const entry of (await connection.getStats()).values()) bytes += channelBytesOf(entry);
    this.#totalBytes += Math.max(0, bytes - (this.#receivedBytes.get(connection) ?? 0));
    this.#receivedBytes.set(connection, bytes);
  }
}

export type { Connections };

declare global {
  var peerConnections: Connections;
}
globalThis.peerConnections = new Connections();
globalThis.peerConnections.install();

function channelBytesOf(entry: unknown): number {
  if (typeof entry !== "object" || entry === null || !("type" in entry) || entry.type !== "data-channel") return 0;
  return "bytesReceived" in entry ? Number(entry.bytesReceived) : 0;
}
