/** A segment store that says when a segment in it is complete. Otherwise the store that it is put around. */
import type { SegmentId } from "../protocol/ids.ts";
import { CHUNK_BYTES } from "../protocol/limits.ts";
import type { SegmentStore } from "../swarm/io/segment-store.ts";

export interface KeepingStore extends SegmentStore {
  /** All bytes of a segment, if they are there. */
  whole(segment: SegmentId): Uint8Array | undefined;
}

interface Progress {
  held: number;
  count: number | undefined;
}

/**
 * A short chunk is the last one, and with all before it a segment is complete. One that ends with a full chunk, one in 32,768,
 * is never called complete: nobody here knows its size.
 */
export function keepingStore(store: SegmentStore, complete: (segment: SegmentId) => void): KeepingStore {
  const progressOf = new Map<SegmentId, Progress>();
  return {
    get byteLength() {
      return store.byteLength;
    },
    put(segment, chunk, bytes) {
      if (!store.put(segment, chunk, bytes)) return false;
      let progress = progressOf.get(segment);
      if (!progress) progressOf.set(segment, (progress = { held: 0, count: undefined }));
      progress.held++;
      if (bytes.byteLength < CHUNK_BYTES) progress.count = chunk + 1;
      if (progress.held === progress.count) complete(segment);
      return true;
    },
    get: (segment, chunk) => store.get(segment, chunk),
    assemble: (segment, count) => store.assemble(segment, count),
    whole(segment) {
      const { held, count } = progressOf.get(segment) ?? {};
      return count !== undefined && held === count ? store.assemble(segment, count) : undefined;
    },
    delete(segment) {
      progressOf.delete(segment);
      store.delete(segment);
    },
    clear() {
      progressOf.clear();
      store.clear();
    },
  };
}
