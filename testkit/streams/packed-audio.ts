/** Packed audio segments (RFC 8216 section 3.4): ADTS frames behind an ID3 tag that tells when the first one plays. */
import { adtsFrames } from "./sample-aes.ts";

export function cutPackedAudio(stream: Buffer, segmentSeconds: number): readonly Buffer[] {
  const segments: Buffer[][] = [];
  let frames = 0;
  for (const { start, end } of adtsFrames(stream)) {
    const seconds = (frames++ * FRAME_SAMPLES) / SAMPLE_RATE;
    const index = Math.floor(seconds / segmentSeconds);
    segments[index] ??= [timestampTag(Math.round(seconds * 90_000))];
    segments[index].push(stream.subarray(start, end));
  }
  return segments.map((parts) => Buffer.concat(parts));
}

/** An ID3 tag with one PRIV frame: the owner, and a 33-bit MPEG-2 timestamp as eight bytes. */
function timestampTag(ticks: number): Buffer {
  const owner = Buffer.from("com.apple.streaming.transportStreamTimestamp\0");
  const value = Buffer.alloc(8);
  value.writeBigUInt64BE(BigInt(ticks));
  const frame = Buffer.concat([Buffer.from("PRIV"), sizeOf(owner.length + 8), Buffer.from([0, 0]), owner, value]);
  return Buffer.concat([Buffer.from("ID3\x04\x00\x00"), sizeOf(frame.length), frame]);
}

/** "Syncsafe": seven bits to a byte. One byte is enough for our tags. */
const sizeOf = (bytes: number): Buffer => Buffer.from([0, 0, 0, bytes]);

const FRAME_SAMPLES = 1024;
const SAMPLE_RATE = 48_000;
