/** The hashes of bytes at hand, and the root over them (`docs/protocol.md`, IN3). Reads no file. */
import { createHash } from "node:crypto";
import { CHUNK_BYTES } from "../protocol/limits.ts";
import {
  chunkInput,
  HASH_BYTES,
  HASHED_CHUNKS_MAX,
  rootInput,
  rootLabel,
  type SegmentAddress,
  type SegmentRoot,
} from "../protocol/segment-root.ts";

export interface HashedSegment {
  readonly root: SegmentRoot;
  /** Of its chunks, back to back. */
  readonly hashes: Uint8Array;
}

/** Undefined where the segment is too large. */
export function hashSegment(bytes: Uint8Array, address: SegmentAddress): HashedSegment | undefined {
  if (bytes.length === 0 || bytes.length > HASHED_CHUNKS_MAX * CHUNK_BYTES) return undefined;
  const hashes: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) hashes.push(hashChunk(bytes.subarray(at, at + CHUNK_BYTES)));
  return hashedSegment(Buffer.concat(hashes), bytes.length, address);
}

export function hashedSegment(hashes: Uint8Array, byteLength: number, address: SegmentAddress): HashedSegment {
  const label = rootLabel(address, byteLength);
  return { root: { hash: sha256(rootInput(label, hashes)).toString("hex"), byteLength, label }, hashes };
}

export const hashChunk = (bytes: Uint8Array): Uint8Array => sha256(chunkInput(bytes));

const sha256 = (input: Uint8Array): Buffer => createHash("sha256").update(input).digest().subarray(0, HASH_BYTES);
