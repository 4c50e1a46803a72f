/** The frames that carry one chunk, in order. */
import { assert } from "../../base/assert.ts";
import { FRAME_PAYLOAD_BYTES_MAX } from "../../protocol/limits.ts";
import { encodePeerMessage } from "../../protocol/peer-codec.ts";
import type { SwarmAction } from "../core/action.ts";
import type { SegmentStore } from "./segment-store.ts";

export function* chunkFrames(
  store: SegmentStore,
  { slot, segment, name, chunk }: Extract<SwarmAction, { type: "send-chunk" }>,
) {
  const bytes = store.get(segment, chunk);
  assert(bytes, "a chunk that the core serves is not in the store");
  const chunkBytes = bytes.byteLength;
  for (let offset = 0; offset < chunkBytes; offset += FRAME_PAYLOAD_BYTES_MAX) {
    const payload = bytes.subarray(offset, offset + FRAME_PAYLOAD_BYTES_MAX);
    yield encodePeerMessage({ type: "chunk", slot, segment: name, chunk, offset, chunkBytes, payload });
  }
}
