/**
 * Encrypts elementary streams as SAMPLE-AES does (Apple, "MPEG-2 Stream Encryption Format for HTTP Live Streaming"):
 * within the samples, so that a container can be made around them. Only what our test streams contain: H.264 and AAC.
 */
import { createCipheriv, type Cipher } from "node:crypto";

/**
 * Slices longer than 48 bytes: 32 clear bytes, then of every 160 the first 16 encrypted. What prevents the emulation of start
 * codes is encrypted like all else, and added once more: players take it away once, decrypt, and give the rest to a decoder.
 */
export function encryptAnnexB(stream: Buffer, key: Buffer, iv: Buffer): Buffer {
  const encrypted: Buffer[] = [];
  for (const unit of unitsOf(stream)) {
    encrypted.push(START_CODE, SLICES.includes((unit[0] ?? 0) & 0x1f) ? encryptSlice(unit, key, iv) : unit);
  }
  return Buffer.concat(encrypted);
}

function encryptSlice(unit: Buffer, key: Buffer, iv: Buffer): Buffer {
  if (unit.length <= 48) return unit;
  const slice = Buffer.from(unit);
  const cipher = cipherOf(key, iv);
  for (let at = 32; at < slice.length - 16; at += 160) cipher.update(slice.subarray(at, at + 16)).copy(slice, at);
  return withEmulationPrevention(slice);
}

/** All whole blocks of a frame but its first 16 bytes. */
export function encryptAdts(stream: Buffer, key: Buffer, iv: Buffer): Buffer {
  const encrypted = Buffer.from(stream);
  for (const { payload, end } of adtsFrames(stream)) {
    const from = payload + 16;
    const to = from + Math.floor(Math.max(0, end - from) / 16) * 16;
    if (to > from) cipherOf(key, iv).update(encrypted.subarray(from, to)).copy(encrypted, from);
  }
  return encrypted;
}

/** Where the frames of an ADTS stream are: header, payload, end (ISO/IEC 13818-7 section 6.2). */
export function* adtsFrames(stream: Buffer): Generator<{ start: number; payload: number; end: number }> {
  for (let start = 0; start + 7 <= stream.length;) {
    const length = (stream.readUIntBE(start + 3, 3) >> 5) & 0x1fff;
    const hasChecksum = ((stream[start + 1] ?? 0) & 1) === 0;
    if (length === 0) throw new Error("not an ADTS frame");
    yield { start, payload: start + (hasChecksum ? 9 : 7), end: start + length };
    start += length;
  }
}

function* unitsOf(stream: Buffer): Generator<Buffer> {
  let start = -1;
  for (let at = stream.indexOf(SHORT_START_CODE); at >= 0; at = stream.indexOf(SHORT_START_CODE, at + 3)) {
    if (start >= 0) yield trimmed(stream.subarray(start, at));
    start = at + 3;
  }
  if (start >= 0) yield trimmed(stream.subarray(start));
}

/** The zeros before a start code are not the unit's. */
function trimmed(unit: Buffer): Buffer {
  let end = unit.length;
  while (end > 0 && unit[end - 1] === 0) end--;
  return unit.subarray(0, end);
}

function withEmulationPrevention(slice: Buffer): Buffer {
  const bytes: number[] = [];
  let zeros = 0;
  for (const byte of slice) {
    if (zeros >= 2 && byte <= 3) {
      bytes.push(3);
      zeros = 0;
    }
    bytes.push(byte);
    zeros = byte === 0 ? zeros + 1 : 0;
  }
  return Buffer.from(bytes);
}

/** Chained within one sample, begun anew for the next. */
function cipherOf(key: Buffer, iv: Buffer): Cipher {
  return createCipheriv("aes-128-cbc", key, iv).setAutoPadding(false);
}

/** Coded slices of non-IDR and of IDR pictures. */
const SLICES = [1, 5];
const START_CODE = Buffer.from([0, 0, 0, 1]);
const SHORT_START_CODE = Buffer.from([0, 0, 1]);
