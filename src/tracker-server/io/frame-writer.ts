/**
 * Text frames for a viewer's socket (RFC 6455 section 5.2: server to client, unmasked, never fragmented). Whatever is
 * sent to one socket in one turn of the event loop goes out as one buffer in one write: what a relay costs is mostly
 * writes, and `ws` takes two for each message. Knows nothing of when a socket may be written to.
 */
import { assert } from "../../base/assert.ts";
import type { Millis } from "../../base/time.ts";

/** What a frame carries. A buffer holds text in UTF-8, and is left alone until it is written. */
export type FramePayload = Buffer | string;

/** Somebody with frames to write at the end of the turn. */
export interface FrameSource {
  flush(): void;
}

/**
 * Everybody who was sent something and not yet written to. One for the whole process. A process with little to do writes
 * at the end of the turn; a busy one at most every {@link GATHER_MS}, so that the answers to a newcomer, which come
 * within a few milliseconds of each other, take one write and not five.
 */
export class FlushQueue {
  readonly #now: () => Millis;
  #sources: FrameSource[] = [];
  #flushedAt: Millis = -Infinity;

  constructor(now: () => Millis) {
    this.#now = now;
  }

  add(source: FrameSource): void {
    if (this.#sources.push(source) > 1) return;
    const waitMs = this.#flushedAt + GATHER_MS - this.#now();
    if (waitMs > 0) setTimeout(this.#flush, waitMs);
    else setImmediate(this.#flush);
  }

  readonly #flush = (): void => {
    const sources = this.#sources;
    this.#sources = [];
    for (const source of sources) source.flush();
    this.#flushedAt = this.#now();
  };
}

/** What a payload takes with its frame around it. */
export function frameBytesOf(payload: FramePayload): number {
  const bytes = bytesOf(payload);
  return bytes + (bytes < LENGTH_IN_16_BITS ? 2 : 4);
}

/** All of them, one after the other, in one buffer of the `bytes` that their frames take. */
export function writeFrames(payloads: readonly FramePayload[], bytes: number): Buffer {
  const frames = Buffer.allocUnsafe(bytes);
  let end = 0;
  for (const payload of payloads) {
    end = writeHeader(frames, end, bytesOf(payload));
    if (typeof payload === "string") {
      end += frames.write(payload, end, "utf8");
    } else {
      frames.set(payload, end);
      end += payload.length;
    }
  }
  return frames;
}

/** Returns where the payload goes. */
function writeHeader(frames: Buffer, at: number, bytes: number): number {
  assert(bytes < 0x1_0000, "nothing that a tracker says is 64 KiB long");
  frames[at] = FINAL_TEXT;
  if (bytes < LENGTH_IN_16_BITS) {
    frames[at + 1] = bytes;
    return at + 2;
  }
  frames[at + 1] = LENGTH_IN_16_BITS;
  frames[at + 2] = bytes >> 8;
  frames[at + 3] = bytes & 0xff;
  return at + 4;
}

const bytesOf = (payload: FramePayload): number =>
  typeof payload === "string" ? Buffer.byteLength(payload) : payload.length;

/** Nobody notices it beside the round trips that two browsers take to connect. */
const GATHER_MS: Millis = 4;

const FINAL_TEXT = 0x81;
/** In the place of a length of its own: the next two bytes are the length. */
const LENGTH_IN_16_BITS = 126;
