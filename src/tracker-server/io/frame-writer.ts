/**
 * Text frames for a viewer's socket (RFC 6455 section 5.2: server to client, unmasked, never fragmented). Whatever
 * gathers for one socket goes out as one buffer in one write: what a relay costs is mostly writes, and `ws` takes two
 * for each message. Knows nothing of when a socket may be written to.
 */
import { assert } from "../../base/assert.ts";
import type { Millis } from "../../base/time.ts";
import { Gathering } from "./gathering.ts";

/** What a frame carries. A buffer holds text in UTF-8, and is left alone until it is written. */
export type FramePayload = Buffer | string;

/** Somebody with frames to write. */
export interface FrameSource {
  flush(): void;
}

/** Everybody who was sent something that is not yet written. One for the whole process. */
export class FlushQueue {
  readonly #gathering: Gathering;
  #sources: FrameSource[] = [];

  constructor(now: () => Millis) {
    this.#gathering = new Gathering(now, this.#flush);
  }

  add(source: FrameSource): void {
    this.#sources.push(source);
    this.#gathering.begin();
  }

  readonly #flush = (): void => {
    const sources = this.#sources;
    this.#sources = [];
    for (const source of sources) source.flush();
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

const FINAL_TEXT = 0x81;
/** In the place of a length of its own: the next two bytes are the length. */
const LENGTH_IN_16_BITS = 126;
