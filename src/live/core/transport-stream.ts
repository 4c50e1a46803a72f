/** The name of the codec in a segment of MPEG-TS, which has no init segment that would say it (RFC 6381). */

/**
 * "avc1." and the three bytes behind the header of the first sequence parameter set (H.264 section 7.3.2.1.1). It stands
 * at the beginning of a segment's first frame, and so within one packet. Undefined when there is none.
 */
export function h264CodecOf(segment: Uint8Array): string | undefined {
  for (let at = 0; at + 6 < segment.length; at++) {
    const isStart = segment[at] === 0 && segment[at + 1] === 0 && segment[at + 2] === 1;
    if (!isStart || ((segment[at + 3] ?? 0) & NAL_TYPE) !== SEQUENCE_PARAMETERS) continue;
    const bytes = segment.subarray(at + 4, at + 7);
    return `avc1.${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
  }
  return undefined;
}

const NAL_TYPE = 0x1f;
const SEQUENCE_PARAMETERS = 7;
