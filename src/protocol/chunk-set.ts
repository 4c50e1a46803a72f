import { assert } from "../base/assert.ts";
import type { ByteReader } from "./byte-reader.ts";
import type { ByteWriter } from "./byte-writer.ts";
import { SEGMENT_CHUNKS_MAX } from "./limits.ts";
import { badField } from "./protocol-error.ts";

/**
 * Chunks of one segment as `request`, `cancel` and `reject` name them: the first, then a bitmap of those behind it,
 * whose bit 0 is the chunk after the first. One chunk alone costs no bitmap, and every set has one encoding.
 */
export function writeChunkSet(writer: ByteWriter, chunks: readonly number[]): void {
  const first = chunks[0];
  const last = chunks[chunks.length - 1];
  assert(first !== undefined && last !== undefined, "a set of no chunks");
  assert(last <= CHUNK_MAX, "a chunk is out of its bounds");
  writer.varint(first, CHUNK_MAX);
  writer.varint((last - first + 7) >> 3, BITMAP_BYTES_MAX);
  let before = first;
  let start = first + 1; // the chunk that bit 0 of the byte being filled stands for
  let bits = 0;
  for (let i = 1; i < chunks.length; i++) {
    const chunk = chunks[i] ?? 0;
    assert(chunk > before, "chunks must ascend");
    before = chunk;
    for (; chunk >= start + 8; start += 8) {
      writer.byte(bits);
      bits = 0;
    }
    bits |= 1 << (chunk - start);
  }
  if (bits !== 0) writer.byte(bits);
}

/** Ascending, at least one, all within the largest segment. */
export function readChunkSet(reader: ByteReader): readonly number[] {
  const first = reader.varint("chunks", 0, CHUNK_MAX);
  const bitmap = reader.view("chunks", reader.varint("chunks", 0, BITMAP_BYTES_MAX));
  if (bitmap[bitmap.length - 1] === 0) throw badField("chunks"); // not its shortest form
  const chunks = [first];
  let start = first + 1;
  for (const byte of bitmap) {
    for (let bits = byte, chunk = start; bits !== 0; bits >>= 1, chunk++) if ((bits & 1) !== 0) chunks.push(chunk);
    start += 8;
  }
  if ((chunks[chunks.length - 1] ?? 0) > CHUNK_MAX) throw badField("chunks");
  return chunks;
}

const CHUNK_MAX = SEGMENT_CHUNKS_MAX - 1;
const BITMAP_BYTES_MAX = SEGMENT_CHUNKS_MAX / 8;
