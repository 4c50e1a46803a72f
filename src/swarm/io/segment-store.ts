import type { SegmentId } from "../../protocol/ids.ts";

/** Keeps the bytes. Which ones and how long is the core's to decide. */
export interface SegmentStore {
  /** Keeps one chunk; false when it was there already. `bytes` must not change afterwards. */
  put(segment: SegmentId, chunk: number, bytes: Uint8Array): boolean;
  get(segment: SegmentId, chunk: number): Uint8Array | undefined;
  /** All chunks `[0, count)` in one buffer of its own, which the caller may detach. Undefined when one is missing. */
  assemble(segment: SegmentId, count: number): Uint8Array<ArrayBuffer> | undefined;
  delete(segment: SegmentId): void;
  /** Bytes held now. */
  readonly byteLength: number;
  clear(): void;
}
