import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { deflateRawSync } from "node:zlib";
import { SIGNAL_CHARS_MAX, TRACKER_MESSAGE_CHARS_MAX } from "../../src/protocol/limits.ts";
import type { RefusalReason } from "../../src/tracker-server/core/stats.ts";
import { frame, upgradeRequest } from "./raw-socket.ts";
import { JOIN } from "./test-viewer.ts";

/** Something that strangers do to a tracker for as long as they are let. Tests count what it costs, the bench times it. */
export interface Attack {
  readonly name: string;
  /** What the tracker counts it under, if it turns anything down. */
  readonly countedAs: RefusalReason | undefined;
  /** From an address of its own, so that what it brings upon that address is not the bystanders'. */
  run(port: number, until: AbortSignal): Promise<void>;
}

/** One TCP connection of the attacker; what it receives is thrown away, or never read. */
async function open(port: number, localAddress: string, reads = true): Promise<Socket | undefined> {
  const socket = connect({ port, host: "127.0.0.1", localAddress });
  socket.on("error", () => undefined);
  await eventOf(socket, "connect");
  if (socket.destroyed) return undefined;
  if (reads) socket.resume();
  return socket;
}

/** Resolves with the event, or when there will be none: the connection is closed. */
async function eventOf(socket: Socket, name: "connect" | "data" | "drain"): Promise<void> {
  if (socket.destroyed) return;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      socket.off(name, done);
      socket.off("close", done);
      resolve();
    };
    socket.on(name, done);
    socket.on("close", done);
  });
}

/** One that is a WebSocket already, as far as the attacker cares: it does not wait for the answer. */
async function openWebSocket(port: number, localAddress: string, reads = true): Promise<Socket | undefined> {
  const socket = await open(port, localAddress, reads);
  socket?.write(upgradeRequest());
  return socket;
}

/** Sends as fast as the tracker reads, until it hangs up. */
async function pour(socket: Socket, bytes: Buffer, until: AbortSignal): Promise<void> {
  while (!socket.destroyed && !until.aborted) {
    if (socket.write(bytes)) await sleep(0);
    else await Promise.race([eventOf(socket, "drain"), sleep(100)]);
  }
  socket.destroy();
}

/** Several sockets that each pour the same, again and again. */
function flood(
  name: string,
  countedAs: RefusalReason,
  host: number,
  bytes: Buffer,
  options: FloodOptions = {},
): Attack {
  return {
    name,
    countedAs,
    async run(port, until) {
      const address = `127.0.7.${String(host)}`;
      const one = async (): Promise<void> => {
        while (!until.aborted) {
          const socket = await openWebSocket(port, address, options.reads);
          if (options.joins) socket?.write(text(JSON.stringify(JOIN)));
          if (socket) await pour(socket, bytes, until);
          else await sleep(10);
        }
      };
      await Promise.all(Array.from({ length: FLOODERS }, one));
    },
  };
}

interface FloodOptions {
  readonly joins?: boolean;
  readonly reads?: boolean;
}

const TEXT = 0x81;
const text = (message: string): Buffer => frame(TEXT, message);
const times = (count: number, bytes: Buffer): Buffer => Buffer.concat(Array.from({ length: count }, () => bytes));
const FLOODERS = 10;

const connects: Attack = {
  name: "opens sockets without end",
  countedAs: "address-rate",
  async run(port, until) {
    const one = async (): Promise<void> => {
      while (!until.aborted) {
        const socket = await openWebSocket(port, "127.0.7.1");
        if (socket) await eventOf(socket, "data");
        socket?.destroy();
      }
    };
    await Promise.all(Array.from({ length: FLOODERS }, one));
  },
};

const slowHeaders: Attack = {
  name: "2,000 connections with headers byte by byte",
  countedAs: undefined,
  async run(port, until) {
    const sockets = await Promise.all(Array.from({ length: 2_000 }, () => open(port, "127.0.7.2")));
    for (const byte of upgradeRequest({ "X-Slow": "x".repeat(4_000) })) {
      if (until.aborted) break;
      for (const socket of sockets) socket?.write(byte);
      await sleep(500, undefined, { signal: until }).catch(() => undefined);
    }
    for (const socket of sockets) socket?.resetAndDestroy();
  },
};

const unreadPages: Attack = {
  name: "asks for pages and never reads them",
  countedAs: undefined,
  async run(port, until) {
    const one = async (): Promise<void> => {
      while (!until.aborted) {
        const socket = await open(port, "127.0.7.3", false);
        if (socket) await pour(socket, PAGE_REQUESTS, until);
      }
    };
    await Promise.all(Array.from({ length: FLOODERS }, one));
  },
};

const PAGE_REQUESTS = times(100, Buffer.from("GET /debug.json HTTP/1.1\r\nHost: a\r\n\r\n"));

const guesses: Attack = {
  name: "guesses ids, within its rate",
  countedAs: "not-introduced",
  async run(port, until) {
    const sockets = await Promise.all(Array.from({ length: 20 }, () => openWebSocket(port, "127.0.7.4")));
    for (const socket of sockets) socket?.write(text(JSON.stringify(JOIN)));
    for (let guess = 0; !until.aborted; guess++) {
      for (const socket of sockets) socket?.write(text(`S${String(guess).padStart(10, "A")}are you there`));
      await sleep(25);
    }
    for (const socket of sockets) socket?.destroy();
  },
};

const swarms: Attack = {
  name: "makes swarms and drops them",
  countedAs: undefined,
  async run(port, until) {
    for (let n = 0; !until.aborted; n++) {
      const socket = await openWebSocket(port, "127.0.7.5");
      socket?.write(text(JSON.stringify({ ...JOIN, swarm: `made-up-swarm-${String(n).padStart(10, "0")}` })));
      await sleep(2);
      socket?.resetAndDestroy();
    }
  },
};

/** 16 MB of zeros in 16 KiB, in a frame that says it is compressed. */
const BOMB = frame(TEXT | 0x40, deflateRawSync(Buffer.alloc(16 * 1024 * 1024)).subarray(0, 16_000));

export const ATTACKS: readonly Attack[] = [
  connects,
  slowHeaders,
  unreadPages,
  guesses,
  swarms,
  flood("floods with signals", "rate-limited", 10, times(100, text(`SAAAAAAAAAA${"x".repeat(800)}`)), { joins: true }),
  flood("floods with the largest signals", "rate-limited", 11, text(`SAAAAAAAAAA${"x".repeat(SIGNAL_CHARS_MAX)}`), {
    joins: true,
  }),
  flood("floods with joins", "already-joined", 12, times(100, text(JSON.stringify(JOIN))), { joins: true }),
  flood("floods with nested JSON", "not-json", 13, text("[".repeat(TRACKER_MESSAGE_CHARS_MAX))),
  flood("floods with pings", "rate-limited", 14, times(1_000, frame(0x89, "x".repeat(100)))),
  flood("floods with pings and reads no pong", "rate-limited", 15, times(1_000, frame(0x89, "x".repeat(100))), {
    reads: false,
  }),
  flood("floods with pongs", "rate-limited", 16, times(1_000, frame(0x8a, "x".repeat(100)))),
  flood("floods with empty fragments", "too-large", 17, Buffer.concat([frame(0x01), times(1_000, frame(0x00))])),
  flood("sends more than fits", "too-large", 18, frame(TEXT, "x".repeat(65_000))),
  flood("sends compression bombs", "bad-frame", 19, BOMB),
];
