/**
 * Takes RTMP from encoders such as OBS: checks the key before anything of theirs is used, and hands their media on as FLV.
 * ffmpeg has a listener of its own, which lets in whoever connects first, with any key.
 */
import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { PassThrough } from "node:stream";
import type { Millis } from "../base/time.ts";
import { readAmf, writeAmf, type AmfValue } from "./amf0.ts";
import { flvHeader, flvTag } from "./flv.ts";
import type { PublishLog } from "./publish-door.ts";
import type { PublishKeys } from "./publish-keys.ts";
import {
  ByteSource,
  MESSAGE_BYTES_MAX,
  OUR_CHUNK_BYTES,
  readMessages,
  RTMP,
  shakeHands,
  writeMessage,
} from "./rtmp-messages.ts";
import type { Publication, Stage } from "./stage.ts";

export interface RtmpServerOptions {
  readonly port: number;
  readonly host: string;
  readonly stage: Stage;
  readonly keys: PublishKeys;
  /** The stream of a publisher who gives his key alone. */
  readonly name: string;
  readonly log: PublishLog;
}

export interface RtmpServer {
  readonly port: number;
  close(): Promise<void>;
}

/** Rejects when the port is taken. */
export async function startRtmpServer(options: RtmpServerOptions): Promise<RtmpServer> {
  const sockets = new Set<Socket>();
  const server: Server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    socket.setTimeout(SILENCE_MS, () => socket.destroy());
    const session = new RtmpSession(socket, options);
    session
      .run()
      .catch((error: unknown) => {
        const isBreach = error instanceof RangeError && session.name !== undefined;
        if (isBreach) options.log.warn(`${session.name}: ${error.message}`);
      })
      .finally(() => socket.destroySoon()); // what was said last is still sent
  });
  server.maxConnections = CONNECTIONS_MAX;
  server.listen(options.port, options.host);
  await once(server, "listening");
  const address = server.address();
  return {
    port: typeof address === "object" && address ? address.port : options.port,
    async close() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, "close");
    },
  };
}

class RtmpSession {
  readonly #socket: Socket;
  readonly #options: RtmpServerOptions;
  readonly #source: ByteSource;
  readonly #media = new PassThrough();
  readonly #gone = new AbortController();
  /** Of the stream that is being published. */
  name: string | undefined;
  #publication: Publication | undefined;
  #acknowledgedBytes = 0;
  #hasHeader = false;

  constructor(socket: Socket, options: RtmpServerOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#source = new ByteSource(socket);
    socket.on("error", () => undefined); // the reader hears of it
    this.#media.on("error", () => undefined); // as its reader does, who may have had enough
    socket.once("close", () => this.#gone.abort());
  }

  /** Resolves or rejects when the connection has ended, or is to end. */
  async run(): Promise<void> {
    const timer = setTimeout(() => this.#socket.destroy(), HELLO_MS);
    try {
      await shakeHands(this.#source, (bytes) => this.#socket.write(bytes));
      const bytesMax = (): number => (this.#publication ? MESSAGE_BYTES_MAX : COMMAND_BYTES_MAX);
      for await (const message of readMessages(this.#source, bytesMax)) {
        this.#acknowledge();
        if (message.type === RTMP.command) {
          if (await this.#obey(readAmf(message.body), message.stream)) return;
          if (this.#publication) clearTimeout(timer);
        } else if (this.#publication && MEDIA.has(message.type)) {
          if (!this.#hasHeader) this.#media.write(flvHeader(message.type === RTMP.data ? message.body : undefined));
          this.#hasHeader = true;
          if (!this.#media.write(flvTag(message))) await once(this.#media, "drain", { signal: this.#gone.signal });
        }
      }
    } finally {
      clearTimeout(timer);
      this.#media.end();
    }
  }

  /** True when nothing more is to be heard. */
  async #obey([command, transaction, , wish]: readonly AmfValue[], stream: number): Promise<boolean> {
    switch (command) {
      case "connect":
        this.#send(RTMP.windowSize, number32(WINDOW_BYTES));
        this.#send(RTMP.peerBandwidth, Buffer.concat([number32(WINDOW_BYTES), Buffer.from([DYNAMIC])]));
        this.#send(RTMP.setChunkSize, number32(OUR_CHUNK_BYTES));
        this.#command("_result", transaction, { capabilities: 31 }, status("NetConnection.Connect.Success", "welcome"));
        return false;
      case "createStream":
        this.#command("_result", transaction, undefined, THE_STREAM);
        return false;
      case "publish":
        return !(await this.#publish(typeof wish === "string" ? wish : "", stream));
      case "deleteStream":
      case "closeStream":
      case "FCUnpublish":
        return true;
      default:
        return false;
    }
  }

  async #publish(wish: string, stream: number): Promise<boolean> {
    const { stage, keys, log } = this.#options;
    const [, named, shown] = /^([^?]*)\?(?:.*&)?key=([^&]*)/.exec(wish) ?? [];
    const name = named ?? this.#options.name;
    const fault = this.#publication ? "busy" : keys.faultOf(shown ?? wish);
    const outcome = fault ?? (await stage.publish(name, this.#media));
    if (typeof outcome === "string") {
      const text = REFUSALS[outcome];
      log.warn(`a publisher over RTMP was refused: ${text}`);
      const code = outcome === "busy" ? "NetStream.Publish.BadName" : "NetStream.Publish.Denied";
      this.#send(RTMP.command, writeAmf("onStatus", 0, undefined, { ...status(code, text), level: "error" }), stream);
      return false;
    }
    this.#publication = outcome;
    this.name = name;
    log.info(`${name} is being published over RTMP`);
    outcome.ended.then(
      () => {
        log.info(`${name}: the publisher has finished`);
        this.#socket.destroy();
      },
      (error: unknown) => {
        log.warn(`${name}: ${error instanceof Error ? error.message : String(error)}`);
        this.#socket.destroy();
      },
    );
    this.#send(RTMP.command, writeAmf("onStatus", 0, undefined, status("NetStream.Publish.Start", name)), stream);
    return true;
  }

  /** Some encoders send no more than a window without being told that it has come. */
  #acknowledge(): void {
    const { takenBytes } = this.#source;
    if (takenBytes - this.#acknowledgedBytes < WINDOW_BYTES / 2) return;
    this.#acknowledgedBytes = takenBytes;
    this.#send(RTMP.acknowledgement, number32(takenBytes % 2 ** 32));
  }

  #command(...values: readonly AmfValue[]): void {
    this.#send(RTMP.command, writeAmf(...values));
  }

  #send(type: number, body: Buffer, stream = 0): void {
    this.#socket.write(writeMessage(type, body, stream));
  }
}

function number32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

const status = (code: string, description: string) => ({ level: "status", code, description });

const REFUSALS = {
  missing: "publishing needs a key as the stream key, or <stream>?key=<key>",
  wrong: "this key lets nobody publish here",
  closed: "nobody may publish over the network here",
  "bad-name": "a stream's name is made of letters, digits, _ and -",
  busy: "somebody publishes this stream already",
  full: "there are as many streams as this server takes",
};
const MEDIA: ReadonlySet<number> = new Set([RTMP.audio, RTMP.video, RTMP.data]);
/** The id of the one stream that a connection may publish. */
const THE_STREAM = 1;
const WINDOW_BYTES = 2_500_000;
/** The limit type that leaves the choice to the other side. */
const DYNAMIC = 2;
/** For commands alone, which have a few hundred: nobody makes us hold more before we know his key. */
const COMMAND_BYTES_MAX = 16 * 1024;
/** From the first byte to the key: ten round trips, on the worst line. */
const HELLO_MS: Millis = 10_000;
/** Longer than an encoder's longest pause. */
const SILENCE_MS: Millis = 10_000;
/** As many as there are streams, several times over. */
const CONNECTIONS_MAX = 64;
