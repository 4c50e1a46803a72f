/** How an answer is written: media in paced pieces, whole or by range; texts and bare statuses at once. */
import { parseByteRange } from "./byte-range.mjs";

/** @import { IncomingMessage, ServerResponse } from "node:http" */
/** @import { OriginOptions } from "./origin.d.mts" */
/** @import { Pacer } from "./pacer.mjs" */

/**
 * Resolves when nothing more will be written.
 * @param {IncomingMessage} request
 * @param {ServerResponse} response
 * @param {object} media
 * @param {Buffer} media.whole
 * @param {string} media.etag
 * @param {NonNullable<OriginOptions["ranges"]>} media.ranges
 * @param {Pacer[]} media.pacers  each must let every piece through
 * @param {((bytes: number) => void) | undefined} media.onFlushed  told of body bytes that the socket has taken
 */
export async function sendMedia(request, response, { whole, etag, ranges, pacers, onFlushed }) {
  response.setHeader("Content-Type", "video/mp4");
  response.setHeader("ETag", etag);
  response.setHeader("Accept-Ranges", ranges === false ? "none" : "bytes");
  if (request.headers["if-none-match"] === etag) return sendStatus(response, 304);
  const current = (request.headers["if-range"] ?? etag) === etag;
  const honoured = (ranges === true || ranges === "hide") && current && request.method === "GET";
  const range = honoured ? parseByteRange(request.headers.range, whole.length) : undefined;
  if (range === "unsatisfiable") {
    response.setHeader("Content-Range", `bytes */${String(whole.length)}`);
    return sendStatus(response, 416);
  }
  const body = range ? whole.subarray(range.from, range.to) : whole;
  if (range) {
    response.statusCode = 206;
    response.setHeader("Content-Range", `bytes ${String(range.from)}-${String(range.to - 1)}/${String(whole.length)}`);
  }
  response.setHeader("Content-Length", body.length);
  if (request.method === "HEAD") return void response.end();
  for (let at = 0; at < body.length; at += WRITE_BYTES) {
    const piece = body.subarray(at, at + WRITE_BYTES);
    for (const pacer of pacers) await pacer.take(piece.length);
    if (response.destroyed || !(await flush(response, piece))) return;
    onFlushed?.(piece.length);
  }
  response.end();
}

/**
 * @param {IncomingMessage} request
 * @param {ServerResponse} response
 * @param {string} type
 * @param {string | Buffer} body
 */
export function sendText(request, response, type, body) {
  response.setHeader("Content-Type", type);
  response.setHeader("Cache-Control", "no-store");
  response.setHeader("Content-Length", Buffer.byteLength(body));
  response.end(request.method === "HEAD" ? undefined : body);
}

/**
 * @param {ServerResponse} response
 * @param {number} status
 */
export function sendStatus(response, status) {
  response.writeHead(status, status === 304 ? {} : { "Content-Length": 0 }).end();
}

/**
 * Writes one piece and waits until the socket has taken it. False when the connection is gone.
 * @param {ServerResponse} response
 * @param {Buffer} piece
 * @returns {Promise<boolean>}
 */
function flush(response, piece) {
  return new Promise((resolve) => {
    const onClose = () => resolve(false);
    response.once("close", onClose);
    response.write(piece, (error) => {
      response.off("close", onClose);
      resolve(!error);
    });
  });
}

/** Small, so that an aborted answer counts little more than what arrived. */
const WRITE_BYTES = 16 * 1024;
