/** RTMP's media messages as an FLV file, which ffmpeg reads: their bodies are the same, the frame around them is another. */
import { RTMP, type RtmpMessage } from "./rtmp-messages.ts";

/** `metadata`: the first message, if it says what is to come. With what is not to come, ffmpeg would wait for it. */
export function flvHeader(metadata: Buffer | undefined): Buffer {
  const [hasAudio, hasVideo] = [metadata?.includes("audiocodecid"), metadata?.includes("videocodecid")];
  const flags = hasAudio || hasVideo ? (hasAudio ? AUDIO : 0) | (hasVideo ? VIDEO : 0) : AUDIO | VIDEO;
  return Buffer.from([...Buffer.from("FLV"), 1, flags, 0, 0, 0, HEADER_BYTES, 0, 0, 0, 0]);
}

export function flvTag({ type, timestampMs, body }: RtmpMessage): Buffer {
  // What the encoder asks a server to pass on is passed on without that it was asked.
  const isWrapped = type === RTMP.data && body.subarray(0, SET_DATA_FRAME.length).equals(SET_DATA_FRAME);
  const payload = isWrapped ? body.subarray(SET_DATA_FRAME.length) : body;
  const tag = Buffer.alloc(TAG_BYTES + payload.length + 4);
  tag.writeUInt8(type);
  tag.writeUIntBE(payload.length, 1, 3);
  tag.writeUIntBE(timestampMs % 2 ** 24, 4, 3);
  tag.writeUInt8(Math.floor(timestampMs / 2 ** 24), 7);
  payload.copy(tag, TAG_BYTES);
  tag.writeUInt32BE(TAG_BYTES + payload.length, TAG_BYTES + payload.length);
  return tag;
}

const HEADER_BYTES = 9;
const TAG_BYTES = 11;
const [VIDEO, AUDIO] = [1, 4];
/** An AMF 0 text. */
const SET_DATA_FRAME = Buffer.from([2, 0, 13, ...Buffer.from("@setDataFrame")]);
