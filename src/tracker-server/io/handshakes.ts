import type { Socket } from "node:net";
import type { Millis } from "../../base/time.ts";
import { DeadlineQueue } from "../core/deadline-queue.ts";

/**
 * The connections that may yet become a viewer's socket, oldest first, and only so many of them. One more ends the
 * oldest: a browser sends its request at once, so that whoever has waited longest is the one that sends it byte by byte,
 * or never reads the answer. Refusing the newest instead would let such a crowd keep everybody else out.
 */
export class Handshakes {
  readonly #max: number;
  /** By the two ends of the connection: over TLS the socket that is upgraded is another object than the one accepted. */
  readonly #waiting = new Map<string, Handshake>();

  readonly #banned = new DeadlineQueue<string>(BAN_MS);

  constructor(max: number) {
    this.#max = max;
  }

  get size(): number {
    return this.#waiting.size;
  }

  add(now: Millis, socket: Socket): void {
    this.#banned.takeDue(now);
    if (this.#banned.has(String(socket.remoteAddress))) {
      socket.destroy();
      return;
    }
    const key = endsOf(socket);
    const forget = (): void => {
      this.#waiting.delete(key);
      socket.off("close", forget); // a viewer's socket stays, and need not remember this
    };
    this.#waiting.set(key, { socket, forget });
    socket.on("close", forget);
    if (this.#waiting.size <= this.#max) return;
    for (const oldest of this.#waiting.values()) {
      oldest.forget();
      oldest.socket.destroy();
      return;
    }
  }

  /** Whoever is at the other end of `socket` is not listened to for a while, by whatever connection it comes. */
  ban(now: Millis, socket: Socket): void {
    this.#banned.add(now, String(socket.remoteAddress));
    if (this.#banned.size > BANNED_MAX) this.#banned.takeOldest();
  }

  /** The connection became a socket, and is counted elsewhere. */
  done(socket: Ends): void {
    this.#waiting.get(endsOf(socket))?.forget();
  }
}

interface Handshake {
  readonly socket: Socket;
  readonly forget: () => void;
}

type Ends = Pick<Socket, "remoteAddress" | "remotePort" | "localPort">;

const endsOf = ({ remoteAddress, remotePort, localPort }: Ends): string =>
  `${String(remoteAddress)} ${String(remotePort)} ${String(localPort)}`;

const BAN_MS: Millis = 30_000;
/** Each was connected a moment ago: more than there are at a time. */
const BANNED_MAX = 10_000;
