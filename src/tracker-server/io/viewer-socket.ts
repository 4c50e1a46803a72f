import type { Duplex } from "node:stream";
import { WebSocket, type RawData } from "ws";
import { ProtocolError } from "../../protocol/protocol-error.ts";
import { encodeTrackerMessage, parseViewerControl } from "../../protocol/tracker-codec.ts";
import type { TrackerToViewer } from "../../protocol/tracker-message.ts";
import type { ConnectionFault, ConnectionId, TrackerEvent } from "../core/event.ts";
import type { Heartbeat, HeartbeatWheel } from "./heartbeat.ts";
import { addressSignal, readSignal } from "./signal-frame.ts";

/** One viewer's WebSocket: text to events, messages to text, never more waiting to be sent than a bound. */
export class ViewerSocket {
  readonly #ws: WebSocket;
  readonly #raw: Duplex;
  readonly #heartbeat: Heartbeat;
  #fault: ConnectionFault | undefined;
  #isCorked = false;

  constructor(
    connection: ConnectionId,
    ws: WebSocket,
    raw: Duplex,
    wheel: HeartbeatWheel,
    tell: (event: TrackerEvent<Buffer>) => void,
  ) {
    this.#ws = ws;
    this.#raw = raw;
    this.#heartbeat = wheel.add({
      ping: () => {
        if (ws.readyState === WebSocket.OPEN) ws.ping();
      },
      giveUp: () => {
        this.terminate("silent");
      },
    });
    ws.on("message", (data, isBinary) => {
      if (ws.readyState !== WebSocket.OPEN) return; // we are closing it: not worth reading
      this.#heartbeat.heard();
      tell(parse(connection, data, isBinary));
    });
    ws.on("ping", () => {
      this.#heartbeat.heard();
      tell({ type: "ping", connection });
    });
    ws.on("pong", () => {
      this.#heartbeat.heard();
      tell({ type: "ping", connection });
    });
    ws.on("error", (error) => {
      this.#fault ??= faultOf(error);
    });
    ws.on("close", () => {
      this.#heartbeat.stop();
      tell({ type: "connection-closed", connection, ...(this.#fault && { fault: this.#fault }) });
    });
  }

  /** Says no when the message went nowhere. A signal is the first to go: it can be sent again, to somebody else. */
  send(message: TrackerToViewer<Buffer>): boolean {
    const waitingBytes = this.#ws.bufferedAmount;
    if (waitingBytes > WAITING_BYTES_MAX) this.terminate("slow-reader");
    if (this.#ws.readyState !== WebSocket.OPEN) return false;
    if (message.type === "signal" && waitingBytes > WAITING_BYTES_FOR_SIGNALS) return false;
    this.#cork();
    if (message.type === "signal") this.#ws.send(addressSignal(message.signal, message.from), TEXT);
    else this.#ws.send(encodeTrackerMessage(message));
    return true;
  }

  close(code: number, reason: string): void {
    this.#ws.close(code, reason);
  }

  terminate(fault?: ConnectionFault): void {
    this.#fault ??= fault;
    this.#ws.terminate();
  }

  /** All that is sent in one turn of the event loop goes out in one write: relays cost a third less for it. */
  #cork(): void {
    if (this.#isCorked) return;
    this.#isCorked = true;
    this.#raw.cork();
    setImmediate(() => {
      this.#isCorked = false;
      this.#raw.uncork();
    });
  }
}

function parse(connection: ConnectionId, data: RawData, isBinary: boolean): TrackerEvent<Buffer> {
  try {
    if (isBinary || !Buffer.isBuffer(data)) throw new ProtocolError("not-json", "a message must be a text frame");
    const message = readSignal(data) ?? parseViewerControl(data.toString("utf8"));
    return { type: "message", connection, message, bytes: data.length };
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    return { type: "bad-message", connection, code: error.code, field: error.field, text: error.message };
  }
}

/** What the remote did wrong, told by the code that `ws` gives its errors; a lost connection is nobody's fault. */
function faultOf(error: Error): ConnectionFault | undefined {
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  if (code === "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH" || code === "WS_ERR_TOO_MANY_BUFFERED_PARTS") return "too-large";
  return code.startsWith("WS_ERR_") ? "bad-frame" : undefined;
}

/** How `ws` is told that a buffer is text. */
const TEXT = { binary: false } as const;

/** About a hundred signals: a reader so far behind will not connect to anybody in time. */
const WAITING_BYTES_FOR_SIGNALS = 64 * 1024;
/** What a socket that reads nothing may cost us. */
const WAITING_BYTES_MAX = 256 * 1024;
