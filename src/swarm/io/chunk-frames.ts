/** The frames that carry one chunk, in order. */
import type { SegmentName } from "../../protocol/ids.ts";
import { FRAME_PAYLOAD_BYTES_MAX } from "../../protocol/limits.ts";
import { encodePeerMessage } from "../../protocol/peer-codec.ts";

export function* chunkFrames(slot: number, segment: SegmentName, chunk: number, bytes: Uint8Array) {
  const chunkBytes = bytes.byteLength;
  for (let offset = 0; offset < chunkBytes; offset += FRAME_PAYLOAD_BYTES_MAX) {
    const payload = bytes.subarray(offset, offset + FRAME_PAYLOAD_BYTES_MAX);
    yield encodePeerMessage({ type: "chunk", slot, segment, chunk, offset, chunkBytes, payload });
  }
}
