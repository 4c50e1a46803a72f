/**
 * The sample stream in parts of half a second, as an endless one: any part by its media sequence number and index. The
 * parts of a segment one after the other are the segment. Knows nothing of HTTP.
 *
 * `low-latency-stream/parts.mp4` was made with
 *   ffmpeg -f lavfi -i testsrc2=size=160x90:rate=10 -t 8 -c:v libx264 -profile:v main -preset veryslow -crf 40
 *     -pix_fmt yuv420p -g 20 -keyint_min 20 -sc_threshold 0 -bf 0 -video_track_timescale 10000
 *     -movflags empty_moov+default_base_moof+skip_trailer -frag_duration 500000
 *     -fflags +bitexact -flags +bitexact -map_metadata -1 parts.mp4
 */
import { readFile } from "node:fs/promises";
import { BOX_HEADER_BYTES, boxesOf, freeBox, moveFragments } from "./fmp4.mjs";

export class PartStream {
  #loop;
  #partBytes;
  /** @type {Map<number, Buffer>} */
  #made = new Map();

  /**
   * @param {Buffer} init
   * @param {Buffer[]} loop  the parts of one loop
   * @param {{ segmentSeconds: number, bitsPerSecond: number }} shape
   */
  constructor(init, loop, { segmentSeconds, bitsPerSecond }) {
    this.init = init;
    this.segmentSeconds = segmentSeconds;
    this.partsPerSegment = segmentSeconds / PART_SECONDS;
    this.#loop = loop;
    this.#partBytes = Math.round((bitsPerSecond * PART_SECONDS) / 8);
    const bytesMin = Math.max(...loop.map((bytes) => bytes.length)) + BOX_HEADER_BYTES;
    if (this.#partBytes < bytesMin)
      throw new RangeError(`bitsPerSecond must be at least ${String(Math.ceil((bytesMin * 8) / PART_SECONDS))}`);
  }

  /**
   * The same bytes whenever and wherever they are made.
   * @param {number} sequence  media sequence number
   * @param {number} index
   * @returns {Buffer}
   */
  part(sequence, index) {
    const number = sequence * this.partsPerSegment + index;
    const kept = this.#made.get(number);
    if (kept) return kept;
    const source = this.#loop[number % this.#loop.length];
    if (!source) throw new RangeError(`no part ${String(number)}`);
    const bytes = Buffer.concat([source, freeBox(this.#partBytes - source.length, number)]);
    const loops = BigInt(Math.floor(number / this.#loop.length));
    const loopTicks = BigInt(this.#loop.length * PART_SECONDS * TIMESCALE);
    moveFragments(bytes, { sequence: number + 1, shift: new Map([[TRACK, loops * loopTicks]]) });
    this.#made.set(number, bytes);
    const [oldest] = this.#made.keys();
    if (this.#made.size > PARTS_KEPT && oldest !== undefined) this.#made.delete(oldest);
    return bytes;
  }

  /** @param {number} sequence */
  segment(sequence) {
    return Buffer.concat(Array.from({ length: this.partsPerSegment }, (_, index) => this.part(sequence, index)));
  }
}

/** @param {{ segmentSeconds: number, bitsPerSecond: number }} shape */
export async function openPartStream(shape) {
  if (!SEGMENT_SECONDS.includes(shape.segmentSeconds))
    throw new RangeError(`segmentSeconds must be one of ${SEGMENT_SECONDS.join(", ")}`);
  const file = await readFile(new URL("low-latency-stream/parts.mp4", import.meta.url));
  const boxes = boxesOf(file);
  const moofs = boxes.filter((box) => box.type === "moof");
  const init = file.subarray(0, moofs[0]?.start);
  const loop = moofs.map((moof, i) => file.subarray(moof.start, moofs[i + 1]?.start ?? file.length));
  return new PartStream(init, loop, shape);
}

export const PART_SECONDS = 0.5;
/** Whole key-frame intervals that divide the loop of 8 s. */
const SEGMENT_SECONDS = [2, 4];
/** Of the one track in the file. */
const TRACK = 1;
const TIMESCALE = 10_000;
/** A live window and its stragglers. */
const PARTS_KEPT = 256;
