import type { SegmentId } from "../../protocol/ids.ts";
import { CHUNK_BYTES } from "../../protocol/limits.ts";
import type { FetchId, SwarmEvent } from "../core/event.ts";
import type { Origin } from "./origin.ts";
import type { SegmentStore } from "./segment-store.ts";

/** What one origin request needs. Offsets in chunks. */
export interface OriginReading {
  readonly fetch: FetchId;
  readonly segment: SegmentId;
  readonly from: number;
  readonly to?: number | undefined;
}

/** Reads one origin answer into the store, chunk by chunk as the bytes arrive. Returns how to stop. */
export function readOrigin(
  origin: Origin,
  store: SegmentStore,
  { fetch, segment, from, to }: OriginReading,
  feed: (event: SwarmEvent) => void,
): () => void {
  let stopped = false;
  let offset = 0;
  let receivedBytes = 0;
  let partial = new Uint8Array(CHUNK_BYTES);
  let filled = 0;
  const keep = (bytes: Uint8Array): void => {
    // Told of one chunk, the core may have no use for the next: nobody would ever delete it.
    if (stopped) return;
    const chunk = Math.floor((offset - 1) / CHUNK_BYTES);
    store.put(segment, chunk, bytes);
    feed({ type: "origin-chunk", fetch, chunk, byteLength: bytes.byteLength });
  };
  const request = { segment, from: from * CHUNK_BYTES, to: to && to * CHUNK_BYTES };
  const reading = origin.fetch(request, {
    opened({ firstByte, byteLength, ranged, suspect }) {
      if (!ranged) feed({ type: "origin-ranges", usable: false });
      offset = firstByte;
      const firstChunk = Math.floor(firstByte / CHUNK_BYTES);
      feed({ type: "origin-opened", fetch, firstChunk, byteLength, suspect });
    },
    data(bytes) {
      receivedBytes += bytes.byteLength;
      for (let at = 0; at < bytes.byteLength;) {
        const part = bytes.subarray(at, at + CHUNK_BYTES - filled);
        partial.set(part, filled);
        filled += part.byteLength;
        offset += part.byteLength;
        at += part.byteLength;
        if (filled < CHUNK_BYTES) continue;
        keep(partial);
        partial = new Uint8Array(CHUNK_BYTES);
        filled = 0;
      }
    },
    closed(end) {
      // What is left over is the segment's short last chunk, if the answer came to its end.
      if (end.outcome === "complete" && filled > 0) keep(partial.slice(0, filled));
      const told = end.outcome === "failed" ? undefined : end.byteLength;
      // An answer that ends before its range does, or without one, has come to the end of the segment.
      const atEnd = end.outcome === "complete" && offset !== request.to;
      const byteLength = told ?? (atEnd ? offset : undefined);
      const { outcome, status } = end;
      feed({ type: "origin-closed", fetch, outcome, status, receivedBytes, byteLength });
    },
  });
  return () => {
    stopped = true;
    reading.abort();
  };
}
