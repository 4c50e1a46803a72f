/**
 * What `hls-swarm sign` writes of a segment, for an origin that makes its segments itself: the tag before it, and the file
 * of hashes beside it (docs/protocol.md, IN1 to IN4). Plain JavaScript, so that the demo needs nothing built.
 */
import { createHash } from "node:crypto";

export class RootBook {
  /** @type {Map<string, { tag: string, hashes: Buffer }>} */
  #made = new Map();

  /**
   * Of a segment, or of a part of it that is a byte range of the same file, or a file of its own.
   * @param {number} sequence  media sequence number
   * @param {string} file  name of the file, as in the playlist
   * @param {() => Buffer} read  all of it, which never changes
   * @param {{ index: number, range?: string }} [part]  `range` is "start-end"
   */
  of(sequence, file, read, part) {
    const range = part?.range ?? "";
    const key = `${file} ${range}`;
    const known = this.#made.get(key);
    if (known) return known;
    const bytes = read();
    const hashes = [];
    for (let at = 0; at < bytes.length; at += CHUNK_BYTES)
      hashes.push(sha256(Buffer.of(0), bytes.subarray(at, at + CHUNK_BYTES)));
    const label = `${String(sequence)}\n${encodeURI(file)}\n${range}\n${String(bytes.length)}\n`;
    const root = sha256(Buffer.of(1), Buffer.from(label), ...hashes).toString("hex");
    const name = part ? `PART-ROOT:${String(part.index)},` : "ROOT:";
    const made = { tag: `#EXT-X-HLS-SWARM-${name}${root},${String(bytes.length)}`, hashes: Buffer.concat(hashes) };
    this.#made.set(key, made);
    const [oldest] = this.#made.keys();
    if (this.#made.size > SEGMENTS_KEPT && oldest !== undefined) this.#made.delete(oldest);
    return made;
  }
}

/** @param {Buffer[]} parts */
function sha256(...parts) {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest().subarray(0, HASH_BYTES);
}

const CHUNK_BYTES = 32 * 1024;
const HASH_BYTES = 16;
/** Hours of live, a long recording: 2 KiB each. */
const SEGMENTS_KEPT = 4096;
