/**
 * The CDN of the ABR bench: the sample stream at several bit rates, with a line of its own to every viewer, all of the
 * same rate at any time. Contenders that play at once so see the same CDN, and take nothing from each other.
 */
import { once } from "node:events";
import { createServer } from "node:http";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { sendMedia, sendStatus, sendText } from "../../testkit/origin/answer.mjs";
import { viewerOf } from "../../testkit/origin/counters.mjs";
import { Pacer } from "../../testkit/origin/pacer.mjs";
import { openSampleStream } from "../../testkit/origin/sample-stream.mjs";
import { findFile } from "../../testkit/origin/static-files.mjs";

/** @import { IncomingMessage, ServerResponse } from "node:http" */
/** @import { Cdn, CdnOptions } from "./cdn.d.mts" */

/**
 * @param {CdnOptions} options
 * @returns {Promise<Cdn>}
 */
export async function openCdn({ root, pages, levels, segmentSeconds, seconds }) {
  const pictures = path.join(root, "examples/demo/stream/light");
  const streams = await Promise.all(
    levels.map((bitsPerSecond) => openSampleStream(pictures, { segmentSeconds, bitsPerSecond })),
  );
  /** @type {Map<string, { pacer: Pacer, bytes: number }>} */
  const lines = new Map();
  let rate = 0;

  const lineOf = (/** @type {string} */ viewer) => {
    const known = lines.get(viewer);
    if (known) return known;
    const line = { pacer: new Pacer(viewer.startsWith(UNPACED) ? 0 : rate), bytes: 0 };
    lines.set(viewer, line);
    return line;
  };

  /**
   * @param {IncomingMessage} request
   * @param {ServerResponse} response
   */
  const answer = async (request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://cdn");
    await sleep(LATENCY_MS);
    if (pathname === MAIN_PATH) return sendText(request, response, PLAYLIST_TYPE, mainPlaylist(levels));
    const [, level, playlist, init, sequence] =
      /^\/stream\/(\d)\/(?:(index\.m3u8)|(init\.mp4)|s(\d{1,6})\.m4s)$/.exec(pathname) ?? [];
    const stream = streams[Number(level ?? -1)];
    if (!stream) return sendPage(request, response, pathname);
    if (playlist) return sendText(request, response, PLAYLIST_TYPE, stream.vodPlaylist(seconds));
    const whole = init ? stream.init : stream.segment(Number(sequence));
    const line = lineOf(viewerOf(request.headers["user-agent"]));
    response.setHeader("Cache-Control", "no-store");
    return sendMedia(request, response, {
      ...{ whole, etag: `"${pathname}"`, ranges: true, pacers: [line.pacer] },
      onFlushed: (bytes) => (line.bytes += bytes),
    });
  };

  /**
   * @param {IncomingMessage} request
   * @param {ServerResponse} response
   * @param {string} pathname
   */
  const sendPage = async (request, response, pathname) => {
    const file = await findFile({ "/pages": pages }, pathname);
    if (file) sendText(request, response, file.type, file.bytes);
    else sendStatus(response, 404);
  };

  const server = createServer((request, response) => {
    answer(request, response).catch((bug) => {
      console.error("cdn:", bug);
      response.destroy();
    });
  });
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === "object" && address ? address.port : 0}`;
  return {
    url,
    streamUrl: url + MAIN_PATH,
    setRate(bitsPerSecond) {
      rate = bitsPerSecond;
      for (const [viewer, { pacer }] of lines) if (!viewer.startsWith(UNPACED)) pacer.setRate(rate);
    },
    bytesTo: (viewer) => lines.get(viewer)?.bytes ?? 0,
    async close() {
      server.close();
      server.closeAllConnections();
      for (const { pacer } of lines.values()) pacer.setRate(0); // lets go of those who wait for their turn
      await once(server, "close");
    },
  };
}

/** @param {readonly number[]} levels */
function mainPlaylist(levels) {
  const entries = levels.map((rate, level) => `#EXT-X-STREAM-INF:BANDWIDTH=${rate}\n${level}/index.m3u8\n`);
  return `#EXTM3U\n#EXT-X-INDEPENDENT-SEGMENTS\n${entries.join("")}`;
}

/** Who seeds has a line without limits, so that what it holds is the script's to say. */
const UNPACED = "seeder";
const MAIN_PATH = "/stream/main.m3u8";
const PLAYLIST_TYPE = "application/vnd.apple.mpegurl";
/** To a near edge server and back. */
const LATENCY_MS = 30;
/** Longer than a player pauses between requests. */
const KEEP_ALIVE_MS = 60_000;
