import { assert } from "../../base/assert.ts";
import { FRAME_PAYLOAD_BYTES_MAX } from "../../protocol/limits.ts";
import { encodePeerMessage } from "../../protocol/peer-codec.ts";
import type { SwarmAction } from "../core/action.ts";
import type { SegmentStore } from "./segment-store.ts";

/**
 * The frames that carry a chunk, in order. Those of the newest chunks are kept, because a seeder sends the same ones to many
 * peers within moments: making them anew for each took an eighth of its CPU time, most of it for collecting them again.
 */
export class ChunkFrames {
  readonly #store: SegmentStore;
  /** By the chunk's own bytes: another chunk in its place has other frames. */
  readonly #kept = new Map<Uint8Array, { readonly slot: number; readonly frames: readonly Uint8Array[] }>();

  constructor(store: SegmentStore) {
    this.#store = store;
  }

  of({ slot, segment, name, chunk }: Extract<SwarmAction, { type: "send-chunk" }>): readonly Uint8Array[] {
    const bytes = this.#store.get(segment, chunk);
    assert(bytes, "a chunk that the core serves is not in the store");
    const kept = this.#kept.get(bytes);
    if (kept?.slot === slot) return kept.frames;
    const chunkBytes = bytes.byteLength;
    const frames: Uint8Array[] = [];
    for (let offset = 0; offset < chunkBytes; offset += FRAME_PAYLOAD_BYTES_MAX) {
      const payload = bytes.subarray(offset, offset + FRAME_PAYLOAD_BYTES_MAX);
      frames.push(encodePeerMessage({ type: "chunk", slot, segment: name, chunk, offset, chunkBytes, payload }));
    }
    const [oldest] = this.#kept.keys();
    if (oldest && this.#kept.size === CHUNKS_KEPT_MAX) this.#kept.delete(oldest);
    this.#kept.set(bytes, { slot, frames });
    return frames;
  }
}

/** 4 MiB: a segment or two, which is what all peers of a live stream ask for. */
const CHUNKS_KEPT_MAX = 128;
