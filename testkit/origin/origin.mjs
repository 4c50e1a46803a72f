/**
 * The HTTP origin that demo, tests and bench share: the sample stream as live and as VOD, over a line as slow and as
 * faulty as one asks, with counters of what really left. Not a server for the public. Options: origin.d.mts.
 */
import { once } from "node:events";
import { createServer } from "node:http";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { sendMedia, sendStatus, sendText } from "./answer.mjs";
import { Counters, viewerOf } from "./counters.mjs";
import { Pacer } from "./pacer.mjs";
import { RootBook } from "./roots.mjs";
import { openSampleStream } from "./sample-stream.mjs";
import { findFile } from "./static-files.mjs";

/** @import { IncomingMessage, ServerResponse } from "node:http" */
/** @import { OriginFault, OriginLogEntry, OriginOptions, RunningOrigin } from "./origin.d.mts" */
/** @import { SampleStream } from "./sample-stream.mjs" */

/**
 * @param {OriginOptions} [options]
 * @returns {Promise<RunningOrigin>}
 */
export async function createOrigin(options = {}) {
  const { port = 0, host = "127.0.0.1", pictures = "full" } = options;
  const origin = new Origin(await openSampleStream(path.join(STREAMS_DIRECTORY, pictures), options), options);
  origin.server.listen(port, host);
  await once(origin.server, "listening");
  return origin;
}

/** @implements {RunningOrigin} */
class Origin {
  server = createServer((request, response) => {
    this.#answer(request, response).catch((bug) => {
      console.error("origin:", bug);
      response.destroy();
    });
  });
  /** @type {OriginLogEntry[]} */
  log = [];
  throttleBitsPerSecond = 0;
  #stream;
  #options;
  #epochMs;
  #counters = new Counters();
  #roots = new RootBook();
  #throttle = new Pacer(0);
  /** @type {WeakMap<import("node:net").Socket, Pacer>} */
  #lines = new WeakMap();
  /** @type {OriginFault} */
  #fault = { kind: "none" };
  #faultCandidates = 0;

  /**
   * @param {SampleStream} stream
   * @param {OriginOptions} options
   */
  constructor(stream, options) {
    this.#stream = stream;
    this.#options = options;
    this.#epochMs = options.epochMs ?? yesterday(this.#now());
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
  get vodUrl() {
    return `${this.url}/vod/index.m3u8`;
  }
  get init() {
    return this.#stream.init;
  }
  get segmentSeconds() {
    return this.#stream.segmentSeconds;
  }
  get bitsPerSecond() {
    return this.#stream.bitsPerSecond;
  }

  /** @param {number} sequence */
  segment(sequence) {
    return this.#stream.segment(sequence);
  }

  liveWindow() {
    return this.#stream.window(this.#now() - this.#epochMs, this.#options.windowSegments ?? WINDOW_SEGMENTS);
  }

  counters() {
    return this.#counters.snapshot();
  }

  /** @param {OriginFault} fault */
  setFault(fault) {
    this.#fault = fault;
    this.#faultCandidates = 0;
    if (fault.kind === "outage") this.server.closeAllConnections();
  }

  /** @param {number} bitsPerSecond */
  setThrottle(bitsPerSecond) {
    this.throttleBitsPerSecond = bitsPerSecond;
    this.#throttle.setRate(bitsPerSecond);
  }

  async close() {
    if (!this.server.listening) return;
    this.server.close();
    this.server.closeAllConnections();
    this.#throttle.setRate(0); // lets go of those who wait for their turn
    await once(this.server, "close");
  }

  #now() {
    return this.#options.clock?.now() ?? Date.now();
  }

  /**
   * @param {IncomingMessage} request
   * @param {ServerResponse} response
   */
  async #answer(request, response) {
    const urlPath = pathOf(request);
    if (this.#options.cors !== false) this.#allowOthers(response);
    if (this.#options.extraHandlers?.some((handle) => handle(request, response, urlPath, this))) return;
    if (request.method === "OPTIONS") return void response.writeHead(204).end();
    if (urlPath === "/counters") return sendText(request, response, "application/json", toJson(this.counters()));
    if (urlPath === "/throttle" && this.#options.allowControl) return this.#control(request, response);
    if (request.method !== "GET" && request.method !== "HEAD") return sendStatus(response, 405);
    await this.#delay();
    const streamed = /^\/(live|vod)\/(?:(index\.m3u8)|(init\.mp4)|s(\d{1,12})\.m4s(\.hashes)?)$/.exec(urlPath);
    if (!streamed) return this.#sendFile(request, response, urlPath);
    const [, kind, playlist, init, sequence, hashes] = streamed;
    if (this.#breaks(request, response, playlist !== undefined)) return;
    const isSigned = this.#options.signed === true && !/[?&]unsigned\b/.test(request.url ?? "");
    if (playlist) return sendText(request, response, PLAYLIST_TYPE, this.#playlist(kind, isSigned));
    if (init) return this.#sendMedia(request, response, this.#stream.init, `"init"`);
    return this.#sendSegment(request, response, kind, Number(sequence), hashes !== undefined);
  }

  /** @param {ServerResponse} response */
  #allowOthers(response) {
    const exposed = ["Accept-Ranges", "Content-Length", "Content-Range", "ETag"];
    response.setHeader("Access-Control-Allow-Origin", "*");
    response.setHeader("Access-Control-Allow-Headers", "Range, Content-Type");
    response.setHeader("Access-Control-Max-Age", "7200");
    response.setHeader("Timing-Allow-Origin", "*");
    response.setHeader(
      "Access-Control-Expose-Headers",
      exposed.filter((name) => name !== "Content-Range" || this.#options.ranges !== "hide").join(", "),
    );
  }

  /**
   * @param {string | undefined} kind
   * @param {boolean} isSigned
   */
  #playlist(kind, isSigned) {
    const tagsOf = isSigned ? (/** @type {number} */ sequence) => [this.#rootOf(sequence).tag] : undefined;
    if (kind === "live") return this.#stream.livePlaylist(this.liveWindow(), this.#epochMs, tagsOf);
    return this.#stream.vodPlaylist(this.#options.vodSeconds ?? this.#stream.loopSeconds, tagsOf);
  }

  /** @param {number} sequence */
  #rootOf(sequence) {
    return this.#roots.of(sequence, `s${String(sequence)}.m4s`, () => this.segment(sequence));
  }

  /**
   * @param {IncomingMessage} request
   * @param {ServerResponse} response
   * @param {string | undefined} kind
   * @param {number} sequence
   * @param {boolean} hashes  of it, and not itself
   */
  async #sendSegment(request, response, kind, sequence, hashes) {
    const viewer = viewerOf(request.headers["user-agent"]);
    const range = request.headers.range;
    const startedAt = Date.now();
    let bytes = 0;
    if (request.method === "GET") this.#counters.addRequest(viewer, range !== undefined);
    const etag = `"s${String(sequence)}${hashes ? "h" : ""}"`;
    if (!this.#exists(kind, sequence) || (hashes && this.#options.signed !== true)) sendStatus(response, 404);
    else {
      const whole = hashes ? this.#rootOf(sequence).hashes : this.segment(sequence);
      await this.#sendMedia(request, response, whole, etag, (flushed) => {
        bytes += flushed;
        this.#counters.addBytes(viewer, sequence, flushed);
      });
    }
    if (!this.#options.keepLog || this.log.length >= LOG_ENTRIES_MAX) return;
    const status = response.statusCode;
    this.log.push({ viewer, segment: sequence, range, status, bytes, startedAt, endedAt: Date.now() });
  }

  /**
   * @param {string | undefined} kind
   * @param {number} sequence
   */
  #exists(kind, sequence) {
    if (kind === "live") return sequence <= this.liveWindow().last;
    return sequence * this.segmentSeconds < (this.#options.vodSeconds ?? this.#stream.loopSeconds);
  }

  /**
   * @param {IncomingMessage} request
   * @param {ServerResponse} response
   * @param {Buffer} whole
   * @param {string} etag
   * @param {(bytes: number) => void} [onFlushed]
   */
  #sendMedia(request, response, whole, etag, onFlushed) {
    const { ranges = true, cacheControl = "no-store" } = this.#options;
    response.setHeader("Cache-Control", cacheControl);
    const pacers = [this.#lineOf(request), this.#throttle];
    return sendMedia(request, response, { whole, etag, ranges, pacers, onFlushed });
  }

  /** @param {IncomingMessage} request */
  #lineOf({ socket }) {
    let line = this.#lines.get(socket);
    if (!line) this.#lines.set(socket, (line = new Pacer(this.#options.bitsPerSecondPerConnection ?? 0)));
    return line;
  }

  /**
   * Answers instead, if the fault of the hour says so.
   * @param {IncomingMessage} request
   * @param {ServerResponse} response
   * @param {boolean} playlist
   */
  #breaks(request, response, playlist) {
    const fault = this.#fault;
    if (fault.kind === "none") return false;
    if (fault.kind === "outage") {
      request.socket.destroy();
      return true;
    }
    if (playlist && !fault.playlists) return false;
    const share = fault.share ?? 1;
    const before = Math.floor(this.#faultCandidates * share);
    this.#faultCandidates++;
    if (Math.floor(this.#faultCandidates * share) === before) return false;
    sendStatus(response, fault.status ?? 503);
    return true;
  }

  /**
   * `POST /throttle` with `{ "bitsPerSecond": n }`.
   * @param {IncomingMessage} request
   * @param {ServerResponse} response
   */
  async #control(request, response) {
    let text = "";
    for await (const piece of request) if ((text += String(piece)).length > CONTROL_CHARS_MAX) break;
    const match = /^\{\s*"bitsPerSecond"\s*:\s*(\d{1,12})\s*\}$/.exec(text);
    if (request.method !== "POST" || !match) return sendStatus(response, 400);
    this.setThrottle(Number(match[1]));
    sendStatus(response, 204);
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

  async #delay() {
    const { latencyMs = 0, jitterMs = 0, random = Math.random } = this.#options;
    const delayMs = latencyMs + jitterMs * (2 * random() - 1);
    if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs));
  }
}

/** @param {IncomingMessage} request */
function pathOf(request) {
  try {
    return decodeURIComponent(new URL(request.url ?? "/", "http://origin").pathname);
  } catch {
    return "/"; // not a path we have
  }
}

/** @param {unknown} counters */
const toJson = (counters) =>
  JSON.stringify(counters, (_, value) => (value instanceof Map ? Object.fromEntries(value) : value));

/** 0:00 UTC of the day before: long enough ago for a full window, soon enough for small numbers. */
const yesterday = (/** @type {number} */ now) => (Math.floor(now / DAY_MS) - 1) * DAY_MS;

const DAY_MS = 86_400_000;
const STREAMS_DIRECTORY = fileURLToPath(new URL("../../examples/demo/stream", import.meta.url));
const PLAYLIST_TYPE = "application/vnd.apple.mpegurl";
const WINDOW_SEGMENTS = 15;
/** Longer than a player pauses between requests: Node's 5 s would close connections just as they are used again. */
const KEEP_ALIVE_MS = 60_000;
const LOG_ENTRIES_MAX = 100_000;
const CONTROL_CHARS_MAX = 100;
