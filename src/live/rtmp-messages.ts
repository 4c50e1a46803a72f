/**
 * RTMP's messages out of and into a byte stream (Adobe's RTMP 1.0, sections 5.2 and 5.3): the handshake, and the chunks that
 * messages are cut into. Knows not what a message is for, but for the two that say how chunks are read.
 */

export interface RtmpMessage {
  readonly type: number;
  readonly timestampMs: number;
  /** 0 is the connection itself. */
  readonly stream: number;
  readonly body: Buffer;
}

/** What reads a connection in pieces of the size asked for; rejects when it has ended. */
export class ByteSource {
  readonly #pieces: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);
  #taken = 0;

  constructor(pieces: AsyncIterable<Buffer>) {
    this.#pieces = pieces[Symbol.asyncIterator]();
  }

  get takenBytes(): number {
    return this.#taken;
  }

  async take(byteLength: number): Promise<Buffer> {
    while (this.#rest.length < byteLength) {
      const next = await this.#pieces.next();
      if (next.done) throw new Error("the connection has ended");
      this.#rest = this.#rest.length === 0 ? next.value : Buffer.concat([this.#rest, next.value]);
    }
    const taken = this.#rest.subarray(0, byteLength);
    this.#rest = this.#rest.subarray(byteLength);
    this.#taken += byteLength;
    return taken;
  }
}

/** Section 5.2, in the simple form: every encoder falls back to it when our version is 0. */
export async function shakeHands(source: ByteSource, write: (bytes: Buffer) => void): Promise<void> {
  const [version] = await source.take(1);
  if (version !== RTMP_VERSION) throw new RangeError("this is not RTMP");
  const theirs = await source.take(HANDSHAKE_BYTES);
  write(Buffer.concat([Buffer.from([RTMP_VERSION]), Buffer.alloc(HANDSHAKE_BYTES), theirs]));
  await source.take(HANDSHAKE_BYTES);
}

/** All messages until the connection ends. `bytesMax` is asked at each how long it may be. */
export async function* readMessages(source: ByteSource, bytesMax: () => number): AsyncGenerator<RtmpMessage> {
  const lanes = new Map<number, Lane>();
  let chunkBytes = CHUNK_BYTES;
  for (;;) {
    const { format, id } = await readBasicHeader(source);
    const lane = lanes.get(id) ?? newLane();
    if (lanes.size >= LANES_MAX && !lanes.has(id)) throw new RangeError("too many chunk streams");
    lanes.set(id, lane);
    await readHeader(source, format, lane);
    if (lane.byteLength > bytesMax()) throw new RangeError(`a message of ${String(lane.byteLength)} bytes`);
    const piece = await source.take(Math.min(chunkBytes, lane.byteLength - lane.gotBytes));
    lane.pieces.push(piece);
    lane.gotBytes += piece.length;
    if (lane.gotBytes < lane.byteLength) continue;
    const { type, stream, timestampMs } = lane;
    const body = Buffer.concat(lane.pieces);
    lane.pieces = [];
    lane.gotBytes = 0;
    if (type === RTMP.setChunkSize && body.length >= 4)
      chunkBytes = Math.min(Math.max(1, body.readUInt32BE() & 0x7fffffff), MESSAGE_BYTES_MAX);
    else if (type === RTMP.abort && body.length >= 4) lanes.delete(body.readUInt32BE());
    else yield { type, stream, timestampMs, body };
  }
}

/** In one chunk: the other side has been told that ours are {@link OUR_CHUNK_BYTES} long. */
export function writeMessage(type: number, body: Buffer, stream = 0): Buffer {
  const header = Buffer.alloc(12);
  header.writeUInt8(type >= FIRST_OF_STREAMS ? 3 : 2); // the chunk stream; commands have another than what is said of chunks
  header.writeUIntBE(body.length, 4, 3);
  header.writeUInt8(type, 7);
  header.writeUInt32LE(stream, 8);
  return Buffer.concat([header, body]);
}

interface Lane {
  timestampMs: number;
  /** What the header said last: the time itself, or the difference to the one before. */
  field: number;
  byteLength: number;
  type: number;
  stream: number;
  isExtended: boolean;
  pieces: Buffer[];
  gotBytes: number;
}

const newLane = (): Lane => ({
  ...{ timestampMs: 0, field: 0, byteLength: 0, type: 0, stream: 0 },
  ...{ isExtended: false, pieces: [], gotBytes: 0 },
});

async function readBasicHeader(source: ByteSource): Promise<{ readonly format: number; readonly id: number }> {
  const first = (await source.take(1)).readUInt8();
  const [format, short] = [first >> 6, first & 0x3f];
  if (short >= 2) return { format, id: short };
  const more = await source.take(short + 1);
  return { format, id: 64 + more.readUIntLE(0, more.length) };
}

/** Section 5.3.1.2: each format leaves out more of what is as it was in the message before. */
async function readHeader(source: ByteSource, format: number, lane: Lane): Promise<void> {
  const header = await source.take(HEADER_BYTES[format] ?? 0);
  if (format < 3) {
    lane.field = header.readUIntBE(0, 3);
    lane.isExtended = lane.field === EXTENDED;
  }
  if (format < 2) {
    lane.byteLength = header.readUIntBE(3, 3);
    lane.type = header.readUInt8(6);
  }
  if (format === 0) lane.stream = header.readUInt32LE(7);
  if (lane.isExtended) lane.field = (await source.take(4)).readUInt32BE();
  if (lane.gotBytes > 0) return; // the rest of a message whose time is known
  lane.timestampMs = format === 0 ? lane.field : (lane.timestampMs + lane.field) % 2 ** 32;
}

/** Message types. */
export const RTMP = {
  ...{ setChunkSize: 1, abort: 2, acknowledgement: 3, windowSize: 5, peerBandwidth: 6 },
  ...{ audio: 8, video: 9, data: 18, command: 20 },
};
/** Below are those that belong to no stream and to no command. */
const FIRST_OF_STREAMS = 8;
const RTMP_VERSION = 3;
const HANDSHAKE_BYTES = 1536;
const HEADER_BYTES = [11, 7, 3, 0];
/** A time that does not fit into three bytes. */
const EXTENDED = 0xffffff;
const CHUNK_BYTES = 128;
export const OUR_CHUNK_BYTES = 4096;
/** A key frame of 8K video. The length's own bound is 16 MB. */
export const MESSAGE_BYTES_MAX = 4 * 1024 * 1024;
/** Encoders use four. */
const LANES_MAX = 16;
