/**
 * Counts what comes and goes on data channels, by the browser's own statistics: the check on what a library says of itself.
 * A script of its own, loaded before anything else in the page: libraries keep the constructor they find.
 */
class Connections {
  readonly #open = new Set<RTCPeerConnection>();
  readonly #readings = new WeakMap<RTCPeerConnection, ChannelBytes>();
  #total = NONE;
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

  /** Bytes so far. What goes over a connection between the last call and its end is not counted. */
  async channelBytes(): Promise<ChannelBytes> {
    await Promise.all([...this.#open].map((connection) => this.#read(connection)));
    return this.#total;
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
    const now = { received: 0, sent: 0 };
    for (const entry of (await connection.getStats()).values()) {
      now.received += channelBytesOf(entry, "bytesReceived");
      now.sent += channelBytesOf(entry, "bytesSent");
    }
    const before = this.#readings.get(connection) ?? NONE;
    this.#total = {
      received: this.#total.received + Math.max(0, now.received - before.received),
      sent: this.#total.sent + Math.max(0, now.sent - before.sent),
    };
    this.#readings.set(connection, now);
  }
}

/** Of all data channels together. */
export interface ChannelBytes {
  readonly received: number;
  readonly sent: number;
}

export type { Connections };

const NONE: ChannelBytes = { received: 0, sent: 0 };

declare global {
  var peerConnections: Connections;
}
globalThis.peerConnections = new Connections();
globalThis.peerConnections.install();

function channelBytesOf(entry: unknown, field: "bytesReceived" | "bytesSent"): number {
  if (typeof entry !== "object" || entry === null || !("type" in entry) || entry.type !== "data-channel") return 0;
  return Number(Reflect.get(entry, field) ?? 0);
}
