import type { IncomingMessage, ServerResponse } from "node:http";
import { encodeTrackerMessage } from "../../protocol/tracker-codec.ts";

/** What the page needs of the tracker. */
export interface ListedTrackers {
  trackersFor(region: string | undefined, turn: number): readonly string[];
}

/**
 * Answers `GET /v1/trackers`: where the asker should open its socket, as the message `redirect` (TR31). Cheap enough for
 * every viewer to ask first; which region the asker is in is told by whoever reads its address.
 */
export class TrackerListPage {
  readonly #trackers: ListedTrackers;
  #asked = 0;

  constructor(trackers: ListedTrackers) {
    this.#trackers = trackers;
  }

  /** Says no when another page is asked for. */
  handle(request: IncomingMessage, response: ServerResponse, region: () => string | undefined): boolean {
    const isAsked = request.method === "GET" || request.method === "HEAD";
    if (!isAsked || !/^\/v1\/trackers(?:\?|$)/.test(request.url ?? "")) return false;
    const trackers = this.#trackers.trackersFor(region(), this.#asked++);
    const body = trackers.length > 0 ? encodeTrackerMessage({ type: "redirect", trackers }) : NOWHERE;
    response.writeHead(trackers.length > 0 ? 200 : 503, {
      "content-type": trackers.length > 0 ? "application/json; charset=utf-8" : "text/plain; charset=utf-8",
      "content-length": Buffer.byteLength(body),
      // The answer is for one region and one moment; a page that reloads may have it again.
      "cache-control": "private, max-age=5",
      "access-control-allow-origin": "*",
      "x-content-type-options": "nosniff",
    });
    response.end(body);
    return true;
  }
}

const NOWHERE = "No tracker to go to: all are full or stopping, or this one does not know its own URL (publicUrl).\n";
