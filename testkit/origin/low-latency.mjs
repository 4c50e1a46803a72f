/**
 * An origin of low-latency HLS (RFC 8216bis): parts, blocking playlist reload, preload hints whose requests are held
 * until the part is made, delta updates; with the same counters of what really left as the other origin. Not a server
 * for the public. Options: low-latency.d.mts.
 */
import { once } from "node:events";
import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { sendMedia, sendStatus, sendText } from "./answer.mjs";
import { Counters, viewerOf } from "./counters.mjs";
import { Pacer } from "./pacer.mjs";
import { openPartStream, PART_SECONDS } from "./part-stream.mjs";
import { RootBook } from "./roots.mjs";
import { findFile } from "./static-files.mjs";

/** @import { IncomingMessage, ServerResponse } from "node:http" */
/** @import { LowLatencyLogEntry, LowLatencyOptions, RunningLowLatencyOrigin } from "./low-latency.d.mts" */
/** @import { PartStream } from "./part-stream.mjs" */

/**
 * @param {LowLatencyOptions} [options]
 * @returns {Promise<RunningLowLatencyOrigin>}
 */
export async function createLowLatencyOrigin(options = {}) {
  const { port = 0, host = "127.0.0.1", segmentSeconds = 2, bitsPerSecond = 1_200_000 } = options;
  const origin = new LowLatencyOrigin(await openPartStream({ segmentSeconds, bitsPerSecond }), options);
  origin.server.listen(port, host);
  await once(origin.server, "listening");
  return origin;
}

/** @implements {RunningLowLatencyOrigin} */
class LowLatencyOrigin {
  server = createServer((request, response) => {
    this.#answer(request, response).catch((bug) => {
      console.error("origin:", bug);
      response.destroy();
    });
  });
  /** @type {LowLatencyLogEntry[]} */
  log = [];
  #stream;
  #options;
  #counters = new Counters();
  #unpaced = new Pacer(0);
  #roots = new RootBook();

  /**
   * @param {PartStream} stream
   * @param {LowLatencyOptions} options
   */
  constructor(stream, options) {
    this.#stream = stream;
    this.#options = options;
    this.epochMs = options.epochMs ?? Date.now() - STREAM_AGE_MS;
    this.server.keepAliveTimeout = KEEP_ALIVE_MS;
  }

  get port() {
    const address = this.server.address();
    return typeof address === "object" && address ? address.port : 0;
  }
  get url() {
    return `http://${this.#options.host ?? "127.0.0.1"}:${String(this.port)}`;
  }
  get liveUrl() {
    return `${this.url}/live/index.m3u8`;
  }
  get init() {
    return this.#stream.init;
  }
  get segmentSeconds() {
    return this.#stream.segmentSeconds;
  }
  get partsPerSegment() {
    return this.#stream.partsPerSegment;
  }

  /** @param {number} sequence */
  segment(sequence) {
    return this.#stream.segment(sequence);
  }

  /**
   * @param {number} sequence
   * @param {number} index
   */
  part(sequence, index) {
    return this.#stream.part(sequence, index);
  }

  counters() {
    return this.#counters.snapshot();
  }

  async close() {
    if (!this.server.listening) return;
    this.server.close();
    this.server.closeAllConnections();
    await once(this.server, "close");
  }

  /**
   * @param {IncomingMessage} request
   * @param {ServerResponse} response
   */
  async #answer(request, response) {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://origin");
    response.setHeader("Access-Control-Allow-Origin", "*");
    response.setHeader("Access-Control-Allow-Headers", "Range, Content-Type");
    response.setHeader("Access-Control-Expose-Headers", "Content-Length, Content-Range, ETag, Accept-Ranges");
    if (request.method === "OPTIONS") return void response.writeHead(204).end();
    if (request.method !== "GET" && request.method !== "HEAD") return sendStatus(response, 405);
    const streamed =
      /^\/live\/(?:(index\.m3u8)|(init\.mp4)|s(\d{1,12})(?:\.(\d{1,2}))?\.m4s(?:(?:\.(\d+-\d+))?(\.hashes))?)$/.exec(
        pathname,
      );
    if (!streamed) return this.#sendFile(request, response, pathname);
    const [, playlist, init, sequence, index, range, hashes] = streamed;
    await this.#travel();
    if (playlist) return this.#sendPlaylist(request, response, searchParams);
    if (init) return this.#sendBytes(request, response, this.init, "init");
    const part = index === undefined ? undefined : Number(index);
    if (hashes) return this.#sendHashes(request, response, Number(sequence), part, range);
    return this.#sendSegment(request, response, Number(sequence), part);
  }

  /**
   * Blocking reload (section 6.2.5.2): an answer that was asked for by number is held until its last part is made.
   * @param {IncomingMessage} request
   * @param {ServerResponse} response
   * @param {URLSearchParams} asked
   */
  async #sendPlaylist(request, response, asked) {
    const sequence = asked.get("_HLS_msn");
    if (sequence !== null) {
      const index = asked.get("_HLS_part");
      const last = index === null ? this.partsPerSegment - 1 : Number(index);
      const number = Number(sequence) * this.partsPerSegment + last;
      if (!(number - this.#partsMade() <= PARTS_AHEAD_MAX)) return sendStatus(response, 400);
      await this.#made(number);
    }
    await this.#travel();
    sendText(request, response, PLAYLIST_TYPE, this.#playlist(asked.get("_HLS_skip") === "YES"));
  }

  /**
   * @param {IncomingMessage} request
   * @param {ServerResponse} response
   * @param {number} sequence
   * @param {number | undefined} index  of a part; undefined for the whole segment
   */
  async #sendSegment(request, response, sequence, index) {
    const viewer = viewerOf(request.headers["user-agent"]);
    const { range } = request.headers;
    const isOfParts = this.#options.byteRangeParts === true;
    if (index !== undefined && (isOfParts || index >= this.partsPerSegment)) return sendStatus(response, 404);
    // Of a segment that grows, a range that is asked for is one of parts that are listed.
    const last = isOfParts && range !== undefined ? 0 : (index ?? this.partsPerSegment - 1);
    const number = sequence * this.partsPerSegment + last;
    if (number - this.#partsMade() > PARTS_AHEAD_MAX) return sendStatus(response, 404);
    const held = number >= this.#partsMade();
    if (held && this.#options.holdsHints === false) return sendStatus(response, 404);
    const startedAt = Date.now();
    await this.#made(number);
    await this.#travel();
    if (request.method === "GET") this.#counters.addRequest(viewer, range !== undefined);
    let bytes = 0;
    const whole = index === undefined ? this.segment(sequence) : this.part(sequence, index);
    await this.#sendBytes(
      request,
      response,
      whole,
      `s${String(number)}${index === undefined ? "w" : ""}`,
      (flushed) => {
        bytes += flushed;
        this.#counters.addBytes(viewer, sequence, flushed);
      },
    );
    if (this.log.length >= LOG_ENTRIES_MAX) return;
    this.log.push({ viewer, sequence, part: index, range, held, bytes, startedAt, endedAt: Date.now() });
  }

  /**
   * Of what is listed: nobody asks before.
   * @param {IncomingMessage} request
   * @param {ServerResponse} response
   * @param {number} sequence
   * @param {number | undefined} index
   * @param {string | undefined} range
   */
  #sendHashes(request, response, sequence, index, range) {
    const { length } = this.part(sequence, 0);
    const part = range === undefined ? index : Number(range.split("-")[0]) / length;
    if (this.#options.signed !== true || !Number.isInteger(part ?? 0)) return sendStatus(response, 404);
    return this.#sendBytes(
      request,
      response,
      this.#rootOf(sequence, part).hashes,
      `h${String(sequence)}.${String(part)}`,
    );
  }

  /**
   * @param {number} sequence
   * @param {number | undefined} index  of a part
   */
  #rootOf(sequence, index) {
    const whole = `s${String(sequence)}.m4s`;
    if (index === undefined) return this.#roots.of(sequence, whole, () => this.segment(sequence));
    const bytes = this.part(sequence, index);
    const { length } = bytes; // all are alike
    if (this.#options.byteRangeParts !== true)
      return this.#roots.of(sequence, `s${String(sequence)}.${String(index)}.m4s`, () => bytes, { index });
    const range = `${String(length * index)}-${String(length * (index + 1))}`;
    return this.#roots.of(sequence, whole, () => bytes, { index, range });
  }

  /**
   * @param {IncomingMessage} request
   * @param {ServerResponse} response
   * @param {Buffer} whole
   * @param {string} etag
   * @param {(bytes: number) => void} [onFlushed]
   */
  #sendBytes(request, response, whole, etag, onFlushed) {
    response.setHeader("Cache-Control", "no-store");
    return sendMedia(request, response, {
      ...{ whole, etag: `"${etag}"`, ranges: true, pacers: [this.#unpaced], onFlushed },
    });
  }

  /**
   * @param {IncomingMessage} request
   * @param {ServerResponse} response
   * @param {string} urlPath
   */
  async #sendFile(request, response, urlPath) {
    const file = await findFile(this.#options.mounts ?? {}, urlPath);
    if (file) sendText(request, response, file.type, file.bytes);
    else sendStatus(response, 404);
  }

  /** Parts that are made by now, counted from the beginning of the stream. */
  #partsMade() {
    return Math.floor((Date.now() - this.epochMs) / (PART_SECONDS * 1000));
  }

  /** @param {number} number */
  async #made(number) {
    while (this.#partsMade() <= number)
      await sleep(this.epochMs + (number + 1) * PART_SECONDS * 1000 - Date.now(), undefined, { ref: false });
  }

  /** One way between viewer and origin. */
  async #travel() {
    const { latencyMs = 0 } = this.#options;
    if (latencyMs > 0) await sleep(latencyMs / 2);
  }

  /** @param {boolean} isDelta */
  #playlist(isDelta) {
    const { segmentSeconds, partsPerSegment } = this;
    const { windowSegments = WINDOW_SEGMENTS, hints = true } = this.#options;
    const made = this.#partsMade();
    const newest = Math.floor(made / partsPerSegment); // of which none to all but one parts are made
    const first = Math.max(0, newest - windowSegments);
    const skipped = isDelta ? Math.max(0, newest - SKIP_SEGMENTS - first) : 0;
    const tagsOf = (/** @type {number} */ sequence, /** @type {number | undefined} */ index = undefined) =>
      this.#options.signed ? [this.#rootOf(sequence, index).tag] : [];
    const lines = [
      "#EXTM3U",
      "#EXT-X-VERSION:9",
      `#EXT-X-TARGETDURATION:${String(segmentSeconds)}`,
      `#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=${String(PART_SECONDS * 3)},CAN-SKIP-UNTIL=${String(SKIP_SEGMENTS * segmentSeconds)}`,
      `#EXT-X-PART-INF:PART-TARGET=${String(PART_SECONDS)}`,
      `#EXT-X-MEDIA-SEQUENCE:${String(first)}`,
      '#EXT-X-MAP:URI="init.mp4"',
      ...(skipped > 0 ? [`#EXT-X-SKIP:SKIPPED-SEGMENTS=${String(skipped)}`] : []),
    ];
    for (let sequence = first + skipped; sequence <= newest; sequence++) {
      const parts = Math.min(partsPerSegment, made - sequence * partsPerSegment);
      if (parts > 0) {
        const startedAt = new Date(this.epochMs + sequence * segmentSeconds * 1000);
        lines.push(`#EXT-X-PROGRAM-DATE-TIME:${startedAt.toISOString()}`);
      }
      if (sequence > newest - SEGMENTS_IN_PARTS)
        for (let index = 0; index < parts; index++)
          lines.push(...tagsOf(sequence, index), this.#partLine(sequence, index));
      if (parts === partsPerSegment)
        lines.push(...tagsOf(sequence), `#EXTINF:${segmentSeconds.toFixed(3)},`, `s${String(sequence)}.m4s`);
    }
    const next = made - newest * partsPerSegment;
    if (hints) lines.push(this.#hintLine(newest, next));
    return lines.join("\n") + "\n";
  }

  /**
   * @param {number} sequence
   * @param {number} index
   */
  #hintLine(sequence, index) {
    const place = this.#options.byteRangeParts
      ? `URI="s${String(sequence)}.m4s",BYTERANGE-START=${String(index * this.part(sequence, 0).length)}`
      : `URI="s${String(sequence)}.${String(index)}.m4s"`;
    return `#EXT-X-PRELOAD-HINT:TYPE=PART,${place}`;
  }

  /**
   * @param {number} sequence
   * @param {number} index
   */
  #partLine(sequence, index) {
    const length = this.part(sequence, index).length; // all are alike
    const uri = this.#options.byteRangeParts
      ? `URI="s${String(sequence)}.m4s",BYTERANGE="${String(length)}@${String(length * index)}"`
      : `URI="s${String(sequence)}.${String(index)}.m4s"`;
    const independent = (index * PART_SECONDS) % KEY_FRAME_SECONDS === 0 ? ",INDEPENDENT=YES" : "";
    return `#EXT-X-PART:DURATION=${String(PART_SECONDS)},${uri}${independent}`;
  }
}

const PLAYLIST_TYPE = "application/vnd.apple.mpegurl";
const STREAM_AGE_MS = 3_600_000;
const WINDOW_SEGMENTS = 15;
/** Parts leave the playlist three target durations behind the edge (section 6.2.2). */
const SEGMENTS_IN_PARTS = 4;
/** The skip boundary: at least six target durations (section 4.4.3.8). */
const SKIP_SEGMENTS = 6;
const KEY_FRAME_SECONDS = 2;
/** What is asked for further ahead is a mistake, not a wait. */
const PARTS_AHEAD_MAX = 8;
/** Longer than a player pauses between requests. */
const KEEP_ALIVE_MS = 60_000;
const LOG_ENTRIES_MAX = 100_000;
