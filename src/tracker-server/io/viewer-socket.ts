import type { Duplex } from "node:stream";
import { WebSocket, type RawData } from "ws";
import type { Millis } from "../../base/time.ts";
import { ProtocolError } from "../../protocol/protocol-error.ts";
import { encodeTrackerMessage, parseViewerControl } from "../../protocol/tracker-codec.ts";
import type { TrackerToViewer } from "../../protocol/tracker-message.ts";
import { CLOSE_CODE } from "../core/action.ts";
import type { ConnectionFault, ConnectionId, TrackerEvent } from "../core/event.ts";
import { frameBytesOf, writeFrames, type FlushQueue, type FramePayload } from "./frame-writer.ts";
import type { Heartbeat, HeartbeatWheel } from "./heartbeat.ts";
import { addressSignal, readSignal } from "./signal-frame.ts";

/** What all sockets of a process share. */
export interface ViewerSocketCommons {
  readonly wheel: HeartbeatWheel;
  readonly flushes: FlushQueue;
  readonly tell: (event: TrackerEvent<Buffer>) => void;
}

/** Knows whose socket it is, so that all can have the same listeners: five closures a viewer would be half a kilobyte. */
export class ViewerWebSocket extends WebSocket {
  viewer: ViewerSocket | undefined = undefined;
}

/** One viewer's WebSocket: text to events, messages to text, never more waiting to be sent than a bound. */
export class ViewerSocket {
  readonly #connection: ConnectionId;
  readonly #ws: WebSocket;
  readonly #raw: Duplex;
  readonly #commons: ViewerSocketCommons;
  readonly #heartbeat: Heartbeat;
  #fault: ConnectionFault | undefined = undefined;
  /** What is to be written at the end of this turn of the event loop, and the bytes of its frames. */
  #payloads: FramePayload[] | undefined = undefined;
  #payloadBytes = 0;

  constructor(connection: ConnectionId, ws: ViewerWebSocket, raw: Duplex, commons: ViewerSocketCommons) {
    this.#connection = connection;
    this.#ws = ws;
    this.#raw = raw;
    this.#commons = commons;
    this.#heartbeat = commons.wheel.add(this);
    ws.viewer = this;
    ws.on("message", onMessage).on("ping", onPing).on("pong", onPong).on("error", onError).on("close", onClose);
  }

  /** Says no when the message went nowhere. A signal is the first to go: it can be sent again, to somebody else. */
  send(message: TrackerToViewer<Buffer>): boolean {
    const waitingBytes = this.#raw.writableLength + this.#payloadBytes;
    if (waitingBytes > WAITING_BYTES_MAX) this.terminate("slow-reader");
    if (this.#ws.readyState !== WebSocket.OPEN) return false;
    if (message.type !== "signal") {
      this.#write(encodeTrackerMessage(message));
      return true;
    }
    if (waitingBytes > WAITING_BYTES_FOR_SIGNALS) return false;
    this.#write(addressSignal(message.signal, message.from));
    return true;
  }

  close(code: number, reason: string): void {
    this.flush();
    this.#ws.close(code, reason);
    if (code === CLOSE_CODE.misbehaved || code === CLOSE_CODE.flood) this.#stopListening();
  }

  terminate(fault?: ConnectionFault): void {
    this.#fault ??= fault;
    this.#ws.terminate();
  }

  ping(): void {
    if (this.#ws.readyState === WebSocket.OPEN) this.#ws.ping();
  }

  giveUp(): void {
    this.terminate("silent");
  }

  /** Past `ws`, which has nothing to add: it neither compresses nor splits what we send. */
  flush(): void {
    const payloads = this.#payloads;
    const bytes = this.#payloadBytes;
    if (!payloads) return;
    this.#payloads = undefined;
    this.#payloadBytes = 0;
    // Nothing may follow the answer to a close (RFC 6455 section 5.5.1).
    if (this.#ws.readyState === WebSocket.OPEN) this.#raw.write(writeFrames(payloads, bytes));
  }

  handleMessage(data: RawData, isBinary: boolean): void {
    if (this.#ws.readyState !== WebSocket.OPEN) return; // we are closing it: not worth reading
    this.#heartbeat.heard();
    this.#commons.tell(parse(this.#connection, data, isBinary));
  }

  /** The pong comes after all that was said before it: whoever waits for it knows that it has been heard. */
  handlePing(data: Buffer): void {
    this.#heartbeat.heard();
    this.#commons.tell({ type: "ping", connection: this.#connection });
    this.flush();
    if (this.#raw.writableLength > WAITING_BYTES_MAX) this.terminate("slow-reader");
    else if (this.#ws.readyState === WebSocket.OPEN) this.#ws.pong(data);
  }

  handlePong(): void {
    this.#heartbeat.heard();
    this.#commons.tell({ type: "ping", connection: this.#connection });
  }

  handleError(error: Error): void {
    this.#fault ??= faultOf(error);
    if (this.#fault) this.#stopListening();
  }

  handleClose(): void {
    this.#heartbeat.stop();
    const fault = this.#fault;
    this.#commons.tell({ type: "connection-closed", connection: this.#connection, ...(fault && { fault }) });
  }

  /** Whoever is closed for what it sends would otherwise be read, frame by frame, for as long as it answers no close. */
  #stopListening(): void {
    setImmediate(() => this.#raw.pause()); // not at once: `ws` is about to resume it
    setTimeout(() => {
      this.#ws.terminate();
    }, CUT_AFTER_MS).unref();
  }

  #write(payload: FramePayload): void {
    this.#payloadBytes += frameBytesOf(payload);
    if (this.#payloads) {
      this.#payloads.push(payload);
    } else {
      this.#payloads = [payload];
      this.#commons.flushes.add(this);
    }
  }
}

function onMessage(this: WebSocket, data: RawData, isBinary: boolean): void {
  if (this instanceof ViewerWebSocket) this.viewer?.handleMessage(data, isBinary);
}
function onPing(this: WebSocket, data: Buffer): void {
  if (this instanceof ViewerWebSocket) this.viewer?.handlePing(data);
}
function onPong(this: WebSocket): void {
  if (this instanceof ViewerWebSocket) this.viewer?.handlePong();
}
function onError(this: WebSocket, error: Error): void {
  if (this instanceof ViewerWebSocket) this.viewer?.handleError(error);
}
function onClose(this: WebSocket): void {
  if (this instanceof ViewerWebSocket) this.viewer?.handleClose();
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

/** About a hundred signals: a reader so far behind will not connect to anybody in time. */
const WAITING_BYTES_FOR_SIGNALS = 64 * 1024;
/** Time for our close to arrive. */
const CUT_AFTER_MS: Millis = 500;
/** What a socket that reads nothing may cost us. */
const WAITING_BYTES_MAX = 256 * 1024;
