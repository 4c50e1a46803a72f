/**
 * The few ISO BMFF boxes that the sample stream needs touched (ISO/IEC 14496-12). Not a parser: it finds boxes by their
 * path, moves a fragment in time, and makes filler.
 */

/**
 * @typedef {object} Box
 * @property {string} type
 * @property {number} start  offset of the box
 * @property {number} body  offset of what follows its header
 * @property {number} end  offset of the first byte after it
 */

/**
 * The boxes that lie side by side in `[from, to)`.
 * @param {Buffer} bytes
 * @param {number} [from]
 * @param {number} [to]
 * @returns {Box[]}
 */
export function boxesOf(bytes, from = 0, to = bytes.length) {
  const boxes = [];
  for (let start = from; start + BOX_HEADER_BYTES <= to;) {
    const size = bytes.readUInt32BE(start);
    if (size < BOX_HEADER_BYTES || start + size > to) throw new Error(`broken box at byte ${String(start)}`);
    boxes.push({
      type: bytes.toString("latin1", start + 4, start + 8),
      start,
      body: start + BOX_HEADER_BYTES,
      end: start + size,
    });
    start += size;
  }
  return boxes;
}

/**
 * Sets the fragment number (mfhd) and moves the decode time of each track (tfdt) in every fragment of `bytes`, in place.
 * @param {Buffer} bytes
 * @param {object} to
 * @param {number} to.sequence  number of the first fragment; the next ones count on
 * @param {ReadonlyMap<number, bigint>} to.shift  by track id, in units of the track's timescale
 */
export function moveFragments(bytes, { sequence, shift }) {
  let next = sequence;
  for (const moof of boxesOf(bytes).filter((box) => box.type === "moof")) {
    for (const box of boxesOf(bytes, moof.body, moof.end)) {
      if (box.type === "mfhd") bytes.writeUInt32BE(next++ >>> 0, box.body + FULL_BOX_BYTES);
      if (box.type === "traf") moveTrack(bytes, box, shift);
    }
  }
}

/**
 * @param {Buffer} bytes
 * @param {Box} traf
 * @param {ReadonlyMap<number, bigint>} shift
 */
function moveTrack(bytes, traf, shift) {
  const boxes = boxesOf(bytes, traf.body, traf.end);
  const tfhd = boxes.find((box) => box.type === "tfhd");
  const tfdt = boxes.find((box) => box.type === "tfdt");
  if (!tfhd || !tfdt) throw new Error("a track fragment without tfhd or tfdt");
  if (bytes[tfdt.body] !== 1) throw new Error("tfdt must be of version 1: 32 bits do not hold an endless stream");
  const by = shift.get(bytes.readUInt32BE(tfhd.body + FULL_BOX_BYTES)) ?? 0n;
  const at = tfdt.body + FULL_BOX_BYTES;
  bytes.writeBigUInt64BE(bytes.readBigUInt64BE(at) + by, at);
}

/**
 * A `free` box of exactly `byteLength` bytes whose content is pseudo-random and depends on `seed` alone: it compresses
 * for nobody, and is the same for everybody.
 * @param {number} byteLength
 * @param {number} seed
 * @returns {Buffer}
 */
export function freeBox(byteLength, seed) {
  const box = Buffer.alloc(byteLength);
  let state = (Math.imul(seed, 0x9e3779b1) ^ 0x5bd1e995) >>> 0 || 1; // xorshift must not start from 0
  for (let at = BOX_HEADER_BYTES; at < byteLength; at += 4) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    if (at + 4 <= byteLength) box.writeUInt32LE(state, at);
    else for (let i = at; i < byteLength; i++) box[i] = state >>> (8 * (i - at));
  }
  box.writeUInt32BE(byteLength, 0);
  box.write("free", 4, "latin1");
  return box;
}

/** Size and type (section 4.2). */
export const BOX_HEADER_BYTES = 8;
/** Version and flags (section 4.2). */
const FULL_BOX_BYTES = 4;
