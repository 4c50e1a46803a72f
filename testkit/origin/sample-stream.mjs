/**
 * The sample stream as an endless one: any segment by its media sequence number, and the playlists that list them.
 * Knows nothing of HTTP, and of time only what it is told.
 */
import { readFile } from "node:fs/promises";
import path from "node:path";
import { BOX_HEADER_BYTES, freeBox, moveFragments } from "./fmp4.mjs";

/**
 * Tags to go before a segment.
 * @typedef {(sequence: number) => string[]} TagsOf
 */

/**
 * @typedef {object} Media
 * @property {number} segmentSeconds
 * @property {number} bitsPerSecond
 * @property {string} init
 * @property {{ id: number, kind: string, timescale: number }[]} tracks
 * @property {{ file: string, seconds: number, bytes: number }[]} segments
 */

export class SampleStream {
  /** @type {Map<number, Buffer>} */
  #made = new Map();
  #media;
  #loop;

  /**
   * @param {Media} media
   * @param {Buffer} init
   * @param {Buffer[]} loop  the segments of one loop, joined to the length wanted
   * @param {{ segmentSeconds: number, bitsPerSecond: number | undefined }} shape
   */
  constructor(media, init, loop, { segmentSeconds, bitsPerSecond }) {
    this.#media = media;
    this.#loop = loop;
    this.init = init;
    this.segmentSeconds = segmentSeconds;
    this.loopSeconds = loop.length * segmentSeconds;
    this.bitsPerSecond = bitsPerSecond ?? media.bitsPerSecond;
    /** Size of every segment, or undefined when each is as it was encoded. */
    this.segmentBytes = bitsPerSecond === undefined ? undefined : Math.round((bitsPerSecond * segmentSeconds) / 8);
    const bytesMin = Math.max(...loop.map((bytes) => bytes.length)) + BOX_HEADER_BYTES;
    if (this.segmentBytes !== undefined && this.segmentBytes < bytesMin)
      throw new RangeError(
        `bitsPerSecond must be at least ${String(Math.ceil((bytesMin * 8) / segmentSeconds))} for this stream`,
      );
  }

  /**
   * The bytes of segment `sequence`: the same whenever and wherever it is made.
   * @param {number} sequence
   * @returns {Buffer}
   */
  segment(sequence) {
    const kept = this.#made.get(sequence);
    if (kept) return kept;
    const source = this.#loop[sequence % this.#loop.length];
    if (!source) throw new RangeError(`no segment ${String(sequence)}`);
    const loops = BigInt(Math.floor(sequence / this.#loop.length));
    const filler = this.segmentBytes === undefined ? [] : [freeBox(this.segmentBytes - source.length, sequence)];
    const bytes = Buffer.concat([source, ...filler]);
    moveFragments(bytes, {
      sequence: sequence * (this.segmentSeconds / this.#media.segmentSeconds) + 1,
      shift: new Map(
        this.#media.tracks.map(({ id, timescale }) => [id, loops * BigInt(this.loopSeconds) * BigInt(timescale)]),
      ),
    });
    this.#made.set(sequence, bytes);
    const [oldest] = this.#made.keys();
    if (this.#made.size > SEGMENTS_KEPT && oldest !== undefined) this.#made.delete(oldest);
    return bytes;
  }

  /**
   * What a live playlist lists `elapsedMs` after segment 0 began: a segment exists once its end has passed.
   * @param {number} elapsedMs
   * @param {number} windowSegments
   */
  window(elapsedMs, windowSegments) {
    const count = Math.max(0, Math.floor(elapsedMs / (this.segmentSeconds * 1000)));
    return { first: Math.max(0, count - windowSegments), last: count - 1 };
  }

  /**
   * @param {{ first: number, last: number }} window
   * @param {number} epochMs
   * @param {TagsOf} [tagsOf]
   */
  livePlaylist(window, epochMs, tagsOf = NO_TAGS) {
    const lines = this.#header(window.first);
    for (let sequence = window.first; sequence <= window.last; sequence++) {
      const startedAt = new Date(epochMs + sequence * this.segmentSeconds * 1000);
      lines.push(`#EXT-X-PROGRAM-DATE-TIME:${startedAt.toISOString()}`, ...this.#entry(sequence, tagsOf));
    }
    return lines.join("\n") + "\n";
  }

  /**
   * @param {number} seconds
   * @param {TagsOf} [tagsOf]
   */
  vodPlaylist(seconds, tagsOf = NO_TAGS) {
    const lines = this.#header(0);
    lines.push("#EXT-X-PLAYLIST-TYPE:VOD");
    for (let sequence = 0; sequence * this.segmentSeconds < seconds; sequence++)
      lines.push(...this.#entry(sequence, tagsOf));
    return [...lines, "#EXT-X-ENDLIST"].join("\n") + "\n";
  }

  /** @param {number} sequence */
  #header(sequence) {
    return [
      "#EXTM3U",
      "#EXT-X-VERSION:7",
      `#EXT-X-TARGETDURATION:${String(this.segmentSeconds)}`,
      `#EXT-X-MEDIA-SEQUENCE:${String(sequence)}`,
      "#EXT-X-INDEPENDENT-SEGMENTS",
      '#EXT-X-MAP:URI="init.mp4"',
    ];
  }

  /**
   * @param {number} sequence
   * @param {TagsOf} tagsOf
   */
  #entry(sequence, tagsOf) {
    return [...tagsOf(sequence), `#EXTINF:${this.segmentSeconds.toFixed(3)},`, `s${String(sequence)}.m4s`];
  }
}

/**
 * @param {string} directory
 * @param {{ segmentSeconds?: number | undefined, bitsPerSecond?: number | undefined }} shape
 */
export async function openSampleStream(directory, { segmentSeconds, bitsPerSecond }) {
  /** @type {Media} */
  const media = JSON.parse(await readFile(path.join(directory, "media.json"), "utf8"));
  const pieces = await Promise.all(media.segments.map(({ file }) => readFile(path.join(directory, file))));
  const seconds = segmentSeconds ?? media.segmentSeconds;
  const together = seconds / media.segmentSeconds;
  if (!Number.isInteger(together) || together < 1 || pieces.length % together !== 0)
    throw new RangeError(`segmentSeconds must be a multiple of ${String(media.segmentSeconds)} that divides the loop`);
  const loop = [];
  for (let i = 0; i < pieces.length; i += together) loop.push(Buffer.concat(pieces.slice(i, i + together)));
  const init = await readFile(path.join(directory, media.init));
  return new SampleStream(media, init, loop, { segmentSeconds: seconds, bitsPerSecond });
}

const NO_TAGS = () => [];

/** A live window and its stragglers. At 8 Mbit/s and 4 s this is 256 MB: no more. */
const SEGMENTS_KEPT = 64;
