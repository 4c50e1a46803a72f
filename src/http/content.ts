/** Something of known length that can be sent whole or in part. Knows nothing of requests. */
import { open } from "node:fs/promises";

export interface Content {
  /** Its media type. */
  readonly type: string;
  readonly byteLength: number;
  /** A strong entity tag, in its quotes. Without one nobody can ask whether it has changed. */
  readonly etag?: string | undefined;
  /**
   * The bytes from `start` up to and without `end`, in pieces as they come. `gone` is aborted when nobody wants them any more.
   * What it throws before its first piece can still be told with a status; after that, all there is is to cut the connection.
   */
  read(start: number, end: number, gone: AbortSignal): Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
}

export const bytesContent = (bytes: Uint8Array, type: string, etag?: string): Content => ({
  type,
  etag,
  byteLength: bytes.byteLength,
  read: (start, end) => [bytes.subarray(start, end)],
});

/** A file that does not change and whose length is known. It is opened when it is read: then it may be deleted meanwhile. */
export const fileContent = (file: FileFacts, type: string, etag?: string): Content => ({
  type,
  etag,
  byteLength: file.byteLength,
  read: (start, end, gone) => piecesOf(file.path, start, end, gone),
});

export interface FileFacts {
  readonly path: string;
  readonly byteLength: number;
}

async function* piecesOf(path: string, start: number, end: number, gone: AbortSignal): AsyncGenerator<Uint8Array> {
  const file = await open(path);
  const stream = file.createReadStream({ start, end: end - 1, signal: gone, highWaterMark: PIECE_BYTES });
  for await (const piece of stream) if (piece instanceof Uint8Array) yield piece; // which also closes the file
}

/** Four times the default: fewer turns of the event loop, and little memory for somebody who reads slowly. */
const PIECE_BYTES = 256 * 1024;
