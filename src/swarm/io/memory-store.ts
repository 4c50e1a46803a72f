import type { SegmentId } from "../../protocol/ids.ts";
import type { SegmentStore } from "./segment-store.ts";

/** Segments in memory, chunk by chunk as they came: nothing is copied until a segment is handed over. */
export function createMemoryStore(): SegmentStore {
  const segments = new Map<SegmentId, Map<number, Uint8Array>>();
  let byteLength = 0;
  return {
    get byteLength() {
      return byteLength;
    },
    put(segment, chunk, bytes) {
      let chunks = segments.get(segment);
      if (!chunks) segments.set(segment, (chunks = new Map<number, Uint8Array>()));
      if (chunks.has(chunk)) return false;
      chunks.set(chunk, bytes);
      byteLength += bytes.byteLength;
      return true;
    },
    get: (segment, chunk) => segments.get(segment)?.get(chunk),
    assemble(segment, count) {
      const chunks = segments.get(segment);
      const parts: Uint8Array[] = [];
      let length = 0;
      for (let i = 0; i < count; i++) {
        const part = chunks?.get(i);
        if (!part) return undefined;
        parts.push(part);
        length += part.byteLength;
      }
      const whole = new Uint8Array(length);
      let at = 0;
      for (const part of parts) {
        whole.set(part, at);
        at += part.byteLength;
      }
      return whole;
    },
    delete(segment) {
      for (const chunk of segments.get(segment)?.values() ?? []) byteLength -= chunk.byteLength;
      segments.delete(segment);
    },
    clear() {
      segments.clear();
      byteLength = 0;
    },
  };
}
