/** Reads segments on disk, hashes their chunks, and keeps a file of the hashes beside each. Remembers what it has done. */
import { open, rm, stat } from "node:fs/promises";
import { CHUNK_BYTES } from "../protocol/limits.ts";
import { HASHED_CHUNKS_MAX, hashesAddress, type SegmentAddress, type SegmentRoot } from "../protocol/segment-root.ts";
import { hashChunk, hashedSegment } from "./segment-hashes.ts";
import { writeAtomically } from "./write-atomically.ts";

interface Hashed {
  readonly root: SegmentRoot | undefined;
  readonly media: string;
  readonly hashesFile: string;
  /** Of the media file then. */
  readonly changedAt: number;
}

export class SegmentHasher {
  readonly #hashed = new Map<string, Hashed>();

  /** Undefined where the file is not there, or the segment is too large. */
  async rootOf(media: string, address: SegmentAddress): Promise<SegmentRoot | undefined> {
    const hashesFile = hashesAddress(media, address.byteRange);
    const key = `${String(address.sequence)} ${hashesFile}`;
    const found = await stat(media).catch(() => undefined);
    if (!found?.isFile()) return undefined;
    const before = this.#hashed.get(key);
    if (before?.changedAt === found.mtimeMs) return before.root;
    const { start, end } = address.byteRange ?? { start: 0, end: found.size };
    const byteLength = end - start;
    const fits = byteLength > 0 && end <= found.size && byteLength <= HASHED_CHUNKS_MAX * CHUNK_BYTES;
    const hashes = fits ? await hashChunks(media, start, end) : undefined;
    const root = hashes && hashedSegment(hashes, byteLength, address).root;
    if (hashes) await writeAtomically(hashesFile, hashes);
    this.#hashed.set(key, { root, media, hashesFile, changedAt: found.mtimeMs });
    return root;
  }

  /** Removes the hashes of segments that a packager has removed. */
  async tidy(): Promise<void> {
    for (const [key, { media, hashesFile }] of this.#hashed) {
      if (await stat(media).catch(() => undefined)) continue;
      this.#hashed.delete(key);
      await rm(hashesFile, { force: true });
    }
  }
}

async function hashChunks(media: string, start: number, end: number): Promise<Uint8Array> {
  const file = await open(media);
  try {
    const hashes: Uint8Array[] = [];
    const chunk = new Uint8Array(CHUNK_BYTES);
    for (let at = start; at < end; at += CHUNK_BYTES) {
      const { bytesRead } = await file.read(chunk, 0, Math.min(CHUNK_BYTES, end - at), at);
      hashes.push(hashChunk(chunk.subarray(0, bytesRead)));
    }
    return Buffer.concat(hashes);
  } finally {
    await file.close();
  }
}
