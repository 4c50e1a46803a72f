/**
 * A bus for the processes of one machine: a socket in the file system, and behind it a hub that passes messages on. What
 * crosses it is `length, verb, length of the channel, channel, message`.
 */
import { chmodSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import type { Bus } from "./bus.ts";
import { SILENT, type TrackerLogger } from "./logger.ts";
import { RenewedBus, type BusConnection } from "./renewed-bus.ts";

/** The hub that listens. Whoever started it closes it. */
export interface UnixBusHub {
  close(): Promise<void>;
}

/** Starts the hub at `path`, which must not exist. Only processes of the same user get in. */
export async function startUnixBusHub(path: string): Promise<UnixBusHub> {
  const channels = new Map<string, Set<Socket>>();
  const sockets = new Set<Socket>();
  const leave = (channel: string, socket: Socket): void => {
    const members = channels.get(channel);
    members?.delete(socket);
    if (members?.size === 0) channels.delete(channel);
  };
  const server = createServer((socket) => {
    sockets.add(socket);
    const joined = new Set<string>();
    readFrames(socket, (verb, channel, message) => {
      if (verb === PUBLISH) {
        const frame = frameOf(PUBLISH, channel, message);
        for (const member of channels.get(channel) ?? []) send(member, frame);
      } else if (verb === SUBSCRIBE) {
        joined.add(channel);
        channels.set(channel, (channels.get(channel) ?? new Set()).add(socket));
      } else {
        joined.delete(channel);
        leave(channel, socket);
      }
    });
    socket.on("close", () => {
      sockets.delete(socket);
      for (const channel of joined) leave(channel, socket);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, resolve);
  });
  chmodSync(path, 0o600);
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** A process's end of the hub at `path`. Waits for a hub that is not there. */
export async function openUnixBus(path: string, logger: TrackerLogger = SILENT): Promise<Bus> {
  const bus = new RenewedBus((deliver) => connectTo(path, deliver), logger);
  bus.start(await bus.open().catch((cause: unknown) => cause));
  return bus;
}

async function connectTo(path: string, deliver: (channel: string, message: Buffer) => void): Promise<BusConnection> {
  const socket = connect(path);
  const closed = new Promise<void>((resolve) => {
    socket.on("close", () => {
      resolve();
    });
  });
  await new Promise<void>((resolve, reject) => {
    socket.once("connect", resolve);
    socket.once("error", reject);
  });
  readFrames(socket, (verb, channel, message) => {
    if (verb === PUBLISH) deliver(channel, message);
  });
  /** Resolves at once: what waits is bounded by bytes. */
  const say = (verb: number, channel: string, message: Buffer = NOTHING): Promise<void> =>
    send(socket, frameOf(verb, channel, message)) ? Promise.resolve() : Promise.reject(new Error("the hub is behind"));
  return {
    publish: (channel, message) => say(PUBLISH, channel, message),
    subscribe: (channels) => Promise.all(channels.map((channel) => say(SUBSCRIBE, channel))),
    unsubscribe: (channel) => say(UNSUBSCRIBE, channel),
    closed,
    close: () => {
      socket.destroy();
    },
  };
}

/** All that is sent in one turn of the event loop goes out in one write. Whoever does not read is cut off. */
function send(socket: Socket, frame: Buffer): boolean {
  if (socket.destroyed) return false;
  if (socket.writableLength > WAITING_BYTES_MAX) {
    socket.destroy();
    return false;
  }
  if (socket.writableCorked === 0) {
    socket.cork();
    setImmediate(() => {
      socket.uncork();
    });
  }
  socket.write(frame);
  return true;
}

function frameOf(verb: number, channel: string, message: Buffer): Buffer {
  const name = Buffer.from(channel);
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt32BE(2 + name.length + message.length);
  head[LENGTH_BYTES] = verb;
  head[LENGTH_BYTES + 1] = name.length;
  return Buffer.concat([head, name, message]);
}

/** Whoever sends what is no frame is cut off. */
function readFrames(socket: Socket, handle: (verb: number, channel: string, message: Buffer) => void): void {
  let unread: Buffer = NOTHING;
  socket.on("error", () => undefined); // its close is all we need to know
  socket.on("data", (bytes: Buffer) => {
    unread = unread.length === 0 ? bytes : Buffer.concat([unread, bytes]);
    while (unread.length >= LENGTH_BYTES) {
      const length = unread.readUInt32BE();
      if (length < 2 || length > FRAME_BYTES_MAX) {
        socket.destroy();
        return;
      }
      if (unread.length < LENGTH_BYTES + length) return;
      const frame = unread.subarray(LENGTH_BYTES, LENGTH_BYTES + length);
      unread = unread.subarray(LENGTH_BYTES + length);
      const start = 2 + frame.readUInt8(1);
      handle(frame.readUInt8(), frame.toString("utf8", 2, start), frame.subarray(start));
    }
  });
}

const NOTHING = Buffer.alloc(0);
const LENGTH_BYTES = 4;
const HEAD_BYTES = LENGTH_BYTES + 2;
const PUBLISH = 1;
const SUBSCRIBE = 2;
const UNSUBSCRIBE = 3;

/** Four times what a tracker sends in one message. */
const FRAME_BYTES_MAX = 1024 * 1024;
/** About ten thousand signals: a process so far behind has stopped. */
const WAITING_BYTES_MAX = 8 * 1024 * 1024;
