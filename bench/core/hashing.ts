/** What it costs a viewer to check a segment: all chunks of 2 MiB, hashed and compared as they are while it plays. */
import { segmentIdOf, swarmIdOf, trackIdOf } from "../../src/protocol/ids.ts";
import { CHUNK_BYTES } from "../../src/protocol/limits.ts";
import { chunkInput, HASH_BYTES, rootInput, rootLabel } from "../../src/protocol/segment-root.ts";
import { Integrity } from "../../src/swarm/io/integrity.ts";
import { createMemoryStore } from "../../src/swarm/io/memory-store.ts";

export interface HashingCost {
  /** Of all threads: SubtleCrypto hashes in the background. */
  readonly cpuMsPerSegment: number;
}

export async function hashSegments(times: number): Promise<HashingCost> {
  const bytes = new Uint8Array(SEGMENT_BYTES);
  for (let at = 0; at < bytes.length; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536));
  const chunks = Array.from({ length: bytes.length / CHUNK_BYTES }, (_, i) =>
    bytes.slice(i * CHUNK_BYTES, (i + 1) * CHUNK_BYTES),
  );
  const sha256 = async (input: Uint8Array<ArrayBuffer>): Promise<Uint8Array> =>
    new Uint8Array(await crypto.subtle.digest("SHA-256", input), 0, HASH_BYTES);
  const hashes = new Uint8Array(chunks.length * HASH_BYTES);
  for (const [i, chunk] of chunks.entries()) hashes.set(await sha256(chunkInput(chunk)), i * HASH_BYTES);
  const label = rootLabel({ sequence: 1, uri: "s1.ts" }, bytes.length);
  const hash = Buffer.from(await sha256(rootInput(label, hashes))).toString("hex");
  const integrity = new Integrity({
    store: createMemoryStore(),
    swarm: swarmIdOf("stream"),
    proofOf: () => ({ hash, byteLength: bytes.length, label }),
    fetchHashes: () => Promise.resolve(hashes),
    counts: () => Promise.resolve(true),
    feed: () => undefined,
    tell: () => undefined,
    retire: (bug) => {
      throw bug;
    },
  });
  const check = (segment: ReturnType<typeof segmentIdOf>, chunk: number, payload: Uint8Array): Promise<void> =>
    new Promise((resolve, reject) => {
      integrity.peerChunk({ segment, chunk, byteLength: payload.byteLength, bytes: payload }, (verdict) => {
        if (verdict === "fits") resolve();
        else reject(new Error(`an honest chunk is ${verdict}`));
      });
    });
  const checkAll = async (sequence: number): Promise<void> => {
    const segment = segmentIdOf(trackIdOf("video"), { sequence, tag: 0 });
    integrity.fetch(segment);
    await Promise.all(chunks.map((chunk, i) => check(segment, i, chunk)));
  };
  await checkAll(0);
  const before = process.cpuUsage();
  for (let sequence = 1; sequence <= times; sequence++) await checkAll(sequence);
  const { user, system } = process.cpuUsage(before);
  return { cpuMsPerSegment: (user + system) / 1000 / times };
}

const SEGMENT_BYTES = 2 * 1024 * 1024;
