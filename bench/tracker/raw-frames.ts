/**
 * Frames below `ws`, made once and sent again and again: a load that speaks through `ws` works harder for a relay than
 * the server does, and what would be measured is a server that waits.
 */
import { performance } from "node:perf_hooks";
import type { Duplex } from "node:stream";
import type { WebSocket } from "ws";

/** The stream below a WebSocket, which `ws` gives away in no other way once the handshake is over. */
export const streamOf = (ws: WebSocket) =>
  (ws as unknown as { _socket: Duplex & { bytesRead: number; bytesWritten: number } })._socket;

/** One frame, sent from one client to another as often as asked; the time each took is told when it arrives. */
export class FrameRelay {
  readonly #from: Duplex;
  readonly #frame: Buffer;
  /** When those were sent that are on the way, oldest first: one connection keeps their order. */
  readonly #sentAt: number[] = [];
  /** Bytes of the frame that is coming in which are yet to come. */
  #missing = 0;

  constructor(from: WebSocket, to: WebSocket, text: string, arrived: (ms: number) => void) {
    this.#from = streamOf(from);
    this.#frame = maskedFrame(text);
    const stream = streamOf(to);
    stream.removeAllListeners("data");
    stream.on("data", (chunk: Buffer) => {
      for (let at = 0; at < chunk.length;) {
        if (this.#missing === 0) this.#missing = frameBytes(chunk, at);
        const bytes = Math.min(this.#missing, chunk.length - at);
        at += bytes;
        this.#missing -= bytes;
        if (this.#missing === 0) arrived(performance.now() - (this.#sentAt.shift() ?? 0));
      }
    });
  }

  send(): void {
    this.#sentAt.push(performance.now());
    this.#from.write(this.#frame);
  }
}

/** A text frame as a client sends it (RFC 6455 section 5.2), its length in 16 bits. */
function maskedFrame(text: string): Buffer {
  const payload = Buffer.from(text);
  const mask = [0x12, 0x34, 0x56, 0x78];
  const header = [0x81, 0x80 | 126, payload.length >> 8, payload.length & 0xff, ...mask];
  return Buffer.concat([Buffer.from(header), payload.map((byte, index) => byte ^ (mask[index % 4] ?? 0))]);
}

/** Of a server's frame that begins at `at`, header included. A header that is cut in two by a chunk is not expected. */
function frameBytes(chunk: Buffer, at: number): number {
  const length = chunk.readUInt8(at + 1);
  return length < 126 ? 2 + length : 4 + chunk.readUInt16BE(at + 2);
}
