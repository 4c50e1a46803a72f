import type { IncomingMessage, ServerResponse } from "node:http";
import { SWARM_ID_PATTERN, type SwarmId } from "../../protocol/ids.ts";
import { reportStream, type StreamReport } from "../core/stream-report.ts";
import { answer, ANY_ORIGIN, JSON_TYPE } from "../../http/answer.ts";
import type { Price } from "./options.ts";
import type { GatheredStream, StreamGathering } from "./stream-gathering.ts";

/**
 * Answers `GET /v1/streams/:id/stats`: what one stream saved, and what that is worth. Whoever knows the id could join the
 * stream as well, so it is not asked who wants to know. Costs a few microseconds, and a question on the bus at times.
 */
export class StreamPage {
  readonly #source: Pick<StreamGathering, "gather">;
  readonly #price: Price | undefined;

  constructor(source: Pick<StreamGathering, "gather">, price: Price | undefined) {
    this.#source = source;
    this.#price = price;
  }

  /** Says no when another page is asked for. */
  handle(request: IncomingMessage, response: ServerResponse): boolean {
    const isAsked = request.method === "GET" || request.method === "HEAD";
    const id = PATH.exec(request.url ?? "")?.[1];
    if (!isAsked || id === undefined) return false;
    if (SWARM_ID_PATTERN.test(id))
      void this.#source.gather(id as SwarmId).then((gathered) => {
        this.#answer(response, gathered);
      });
    else send(response, 404, UNKNOWN);
    return true;
  }

  #answer(response: ServerResponse, { sums, processes }: GatheredStream): void {
    const report = sums && reportStream(sums);
    if (report) send(response, 200, { ...report, ...this.#moneyOf(report), processes });
    else send(response, 404, { ...UNKNOWN, processes });
  }

  #moneyOf({ savedBytes, totals }: StreamReport) {
    const price = this.#price;
    if (!price) return {};
    const costOf = (bytes: number): number => (bytes / GB) * price.perGb;
    return {
      money: {
        currency: price.currency,
        pricePerGb: price.perGb,
        saved: costOf(savedBytes.net),
        spent: costOf(totals.originReceivedBytes),
        spentWithoutSwarm: costOf(totals.peerBytes + totals.originBytes),
      },
    };
  }
}

const send = (response: ServerResponse, status: number, body: object): void => {
  answer(response, status, JSON_TYPE, `${JSON.stringify(body)}\n`, { ...ANY_ORIGIN, ...KEPT });
};

const UNKNOWN = { error: "no such stream, or none of today" };

const PATH = /^\/v1\/streams\/([^/?]+)\/stats(?:\?|$)/;

/** A dashboard that asks more often than this, or many of them behind one proxy, get the same answer. */
const KEPT = { "cache-control": "public, max-age=1" };

const GB = 1e9;
