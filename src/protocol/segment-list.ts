import { assert } from "../base/assert.ts";
import type { ByteReader } from "./byte-reader.ts";
import type { ByteWriter } from "./byte-writer.ts";
import type { SegmentName } from "./ids.ts";
import { CHUNK_BYTES, FRAME_PAYLOAD_BYTES_MAX, SEGMENT_CHUNKS_MAX, SEGMENTS_PER_FRAME_MAX } from "./limits.ts";
import type { HaveEntry } from "./peer-message.ts";
import { badField, broken } from "./protocol-error.ts";

/**
 * The lists of `have` and `gone`: a count, then per segment its name and what is said about it. Each sequence number is
 * told by its distance from the one before, as a rule one byte, in whatever order they come.
 */
export function writeHaveEntries(writer: ByteWriter, entries: readonly HaveEntry[]): void {
  writeCount(writer, entries.length);
  let sequence = 0;
  for (const { segment, byteLength, startedAtSeconds, bitmap } of entries) {
    writeName(writer, segment, sequence);
    sequence = segment.sequence;
    writer.byte(
      (bitmap === undefined ? WHOLE : 0) |
        (byteLength === undefined ? 0 : SIZE) |
        (startedAtSeconds === undefined ? 0 : STARTED_AT),
    );
    if (byteLength !== undefined) writeSegmentBytes(writer, byteLength);
    if (startedAtSeconds !== undefined) writer.varint(startedAtSeconds);
    if (bitmap === undefined) {
      assert(byteLength !== undefined, "a segment held whole has a size");
    } else {
      assert(isBitmapOf(byteLength, bitmap), "a bitmap is empty or outgrows its segment");
      writer.varint(bitmap.length);
      writer.bytes(bitmap);
    }
  }
}

export function readHaveEntries(reader: ByteReader): readonly HaveEntry[] {
  const count = readCount(reader);
  const entries: HaveEntry[] = [];
  let sequence = 0;
  for (let i = 0; i < count; i++) {
    const segment = readName(reader, sequence);
    sequence = segment.sequence;
    const flags = reader.byte("flags", WHOLE | SIZE | STARTED_AT);
    if ((flags & (WHOLE | SIZE)) === WHOLE) throw broken("missing-field", "byteLength"); // what is whole has a size
    const byteLength = (flags & SIZE) === 0 ? undefined : readSegmentBytes(reader);
    const startedAtSeconds = (flags & STARTED_AT) === 0 ? undefined : reader.varint("startedAtSeconds");
    const bitmap = (flags & WHOLE) === 0 ? readBitmap(reader, byteLength) : undefined;
    entries.push({ segment, byteLength, startedAtSeconds, bitmap });
  }
  return entries;
}

/** Cuts what there is to say into lists that each fit into one frame. */
export function splitHaveEntries(entries: readonly HaveEntry[]): readonly (readonly HaveEntry[])[] {
  const lists: HaveEntry[][] = [];
  let list: HaveEntry[] = [];
  let byteLength = 0;
  for (const entry of entries) {
    const entryBytes = ENTRY_BYTES_MAX + (entry.bitmap?.length ?? 0);
    if (list.length === SEGMENTS_PER_FRAME_MAX || byteLength + entryBytes > FRAME_PAYLOAD_BYTES_MAX) {
      lists.push(list);
      list = [];
      byteLength = 0;
    }
    list.push(entry);
    byteLength += entryBytes;
  }
  if (list.length > 0) lists.push(list);
  return lists;
}

export function writeSegmentNames(writer: ByteWriter, names: readonly SegmentName[]): void {
  writeCount(writer, names.length);
  let sequence = 0;
  for (const name of names) {
    writeName(writer, name, sequence);
    sequence = name.sequence;
  }
}

export function readSegmentNames(reader: ByteReader): readonly SegmentName[] {
  const count = readCount(reader);
  const names: SegmentName[] = [];
  let sequence = 0;
  for (let i = 0; i < count; i++) {
    const name = readName(reader, sequence);
    sequence = name.sequence;
    names.push(name);
  }
  return names;
}

export function writeSegmentBytes(writer: ByteWriter, byteLength: number): void {
  assert(byteLength > 0, "a segment has no bytes");
  writer.varint(byteLength, SEGMENT_BYTES_MAX);
}

export const readSegmentBytes = (reader: ByteReader): number => reader.varint("byteLength", 1, SEGMENT_BYTES_MAX);

function writeCount(writer: ByteWriter, count: number): void {
  assert(count > 0, "a message names no segment");
  writer.varint(count, SEGMENTS_PER_FRAME_MAX);
}

const readCount = (reader: ByteReader): number => reader.varint("count", 1, SEGMENTS_PER_FRAME_MAX);

function writeName(writer: ByteWriter, name: SegmentName, sequenceBefore: number): void {
  assert(name.sequence >= 0, "a sequence number is negative");
  writer.signedVarint(name.sequence - sequenceBefore);
  writer.u32(name.tag);
}

function readName(reader: ByteReader, sequenceBefore: number): SegmentName {
  const sequence = sequenceBefore + reader.signedVarint("sequence");
  if (sequence < 0 || sequence > Number.MAX_SAFE_INTEGER) throw badField("sequence");
  return { sequence, tag: reader.u32("tag") };
}

/** A copy: what is kept of a `have` must not keep its whole frame alive. */
function readBitmap(reader: ByteReader, byteLength: number | undefined): Uint8Array {
  const bitmap = reader.view("bitmap", reader.varint("bitmap", 1, BITMAP_BYTES_MAX)).slice();
  if (!isBitmapOf(byteLength, bitmap)) throw badField("bitmap");
  return bitmap;
}

/** Whether a bitmap names a chunk, and none past the end. */
function isBitmapOf(byteLength: number | undefined, bitmap: Uint8Array): boolean {
  const chunks = byteLength === undefined ? SEGMENT_CHUNKS_MAX : Math.ceil(byteLength / CHUNK_BYTES);
  const bitsPastEnd = (bitmap[chunks >> 3] ?? 0) >> (chunks & 7);
  return bitmap.length <= (chunks + 7) >> 3 && bitsPastEnd === 0 && bitmap.some((bits) => bits !== 0);
}

// Flags of a `have` entry. A bit that is not named here must be 0.
const WHOLE = 0b1;
const SIZE = 0b10;
const STARTED_AT = 0b100;

const SEGMENT_BYTES_MAX = SEGMENT_CHUNKS_MAX * CHUNK_BYTES;
const BITMAP_BYTES_MAX = SEGMENT_CHUNKS_MAX / 8;

/** An entry without its bitmap: sequence 8, tag 4, flags 1, size 4, start 8, length of the bitmap 2. */
const ENTRY_BYTES_MAX = 27;
