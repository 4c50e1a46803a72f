/** `GET /report` of the CDN: how often it sent each segment lately, by its own counters, and how it is throttled. */

/** @import { OriginHandler, RunningOrigin } from "../../testkit/origin/origin.d.mts" */

/** @type {OriginHandler} */
export function answerReport(_, response, urlPath, origin) {
  if (urlPath !== "/report") return false;
  response.setHeader("Content-Type", "application/json");
  response.setHeader("Cache-Control", "no-store");
  response.end(JSON.stringify({ copies: recentCopies(origin), throttleBitsPerSecond: origin.throttleBitsPerSecond }));
  return true;
}

/**
 * Mean over the segments that viewers have just played; the newest ones are not yet where they all will be. Null until
 * one of them was sent.
 * @param {RunningOrigin} origin
 */
function recentCopies(origin) {
  const { segmentBytes } = origin.counters();
  const { last } = origin.liveWindow();
  const copies = [];
  for (let sequence = last - SEGMENTS_BACK_MAX; sequence <= last - SEGMENTS_BACK_MIN; sequence++) {
    const sent = segmentBytes.get(sequence);
    if (sent !== undefined) copies.push(sent / origin.segment(sequence).length);
  }
  return copies.length === 0 ? null : copies.reduce((sum, share) => sum + share, 0) / copies.length;
}

/** hls.js plays three segments behind the last one. */
const SEGMENTS_BACK_MIN = 4;
const SEGMENTS_BACK_MAX = 11;
