import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { TRACKER_SUBPROTOCOL } from "../../src/protocol/version.ts";

/** A TCP connection that says exactly the bytes it is given, and collects the answer. For breaking every rule. */
export async function openRaw(port: number, localAddress = "127.0.0.1"): Promise<RawSocket> {
  const socket = connect({ port, host: "127.0.0.1", localAddress, allowHalfOpen: true });
  await once(socket, "connect");
  return new RawSocket(socket);
}

export class RawSocket {
  readonly socket: Socket;
  readonly closed: Promise<void>;
  #received = Buffer.alloc(0);

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on("error", () => undefined); // a reset is an end like any other
    socket.on("data", (bytes: Buffer) => {
      this.#received = Buffer.concat([this.#received, bytes]);
    });
    socket.on("end", () => socket.end());
    this.closed = new Promise((resolve) => {
      socket.on("close", () => {
        resolve();
      });
    });
  }

  get received(): string {
    return this.#received.toString("latin1");
  }

  /** Sends a request and resolves with the status of the answer; 0 when the connection ends without one. */
  async request(text: string): Promise<number> {
    this.socket.write(text, "latin1");
    while (!this.#received.includes("\r\n\r\n") && !this.socket.destroyed)
      await Promise.race([once(this.socket, "data"), this.closed]);
    return Number(/^HTTP\/1\.1 (\d+)/.exec(this.received)?.[1] ?? 0);
  }

  /** Becomes a WebSocket; whatever it receives from now on is frames. */
  async upgrade(): Promise<void> {
    const status = await this.request(upgradeRequest());
    if (status !== 101) throw new Error(`refused with ${String(status)}`);
    this.#received = Buffer.alloc(0);
  }

  /**
   * Sends bytes and resolves with the close code that comes back, 0 when the connection ends without one. Answers
   * a close by hanging up, as every WebSocket does.
   */
  async closeCodeAfter(bytes: Buffer): Promise<number> {
    this.socket.write(bytes);
    for (;;) {
      const code = closeCodeIn(this.#received);
      if (code !== undefined || this.socket.destroyed) {
        this.socket.destroy();
        await this.closed;
        return code ?? 0;
      }
      await Promise.race([once(this.socket, "data"), this.closed]);
    }
  }
}

/** An upgrade with every header it needs, some replaced (`undefined` leaves one out). */
export function upgradeRequest(changes: Readonly<Record<string, string | undefined>> = {}, path = "/"): string {
  const headers: Record<string, string | undefined> = {
    Host: "tracker",
    Connection: "Upgrade",
    Upgrade: "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
    "Sec-WebSocket-Protocol": TRACKER_SUBPROTOCOL,
    ...changes,
  };
  const lines = Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}`]));
  return [`GET ${path} HTTP/1.1`, ...lines, "", ""].join("\r\n");
}

/** A client frame with a mask of zeros. `first` is FIN, RSV and opcode. `length` may lie. */
export function frame(first: number, payload: Buffer | string = "", length?: number): Buffer {
  const body = Buffer.from(payload);
  const size = length ?? body.length;
  const head = size < 126 ? [first, 0x80 | size] : [first, 0x80 | 126, size >> 8, size & 0xff];
  return Buffer.concat([Buffer.from([...head, 0, 0, 0, 0]), body]);
}

/** The code of the first close frame among unmasked server frames, none of which here is longer than 64 KiB. */
function closeCodeIn(bytes: Buffer): number | undefined {
  for (let at = 0; at + 2 <= bytes.length;) {
    const short = bytes.readUInt8(at + 1) & 0x7f;
    if (short === 126 && at + 4 > bytes.length) return undefined;
    const start = at + (short === 126 ? 4 : 2);
    const end = start + (short === 126 ? bytes.readUInt16BE(at + 2) : short);
    if (end > bytes.length) return undefined;
    if ((bytes.readUInt8(at) & 0x0f) === 8) return end - start < 2 ? 1005 : bytes.readUInt16BE(start);
    at = end;
  }
  return undefined;
}
