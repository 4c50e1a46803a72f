import type { IncomingMessage, ServerResponse } from "node:http";
import { SWARM_ID_PATTERN, type SwarmId } from "../../protocol/ids.ts";
import type { StreamReport } from "../core/stream-report.ts";
import { answer, ANY_ORIGIN, JSON_TYPE } from "./http-answer.ts";
import type { Price } from "./options.ts";

/** Where the figures of streams can be had from. */
export interface StreamSource {
  stream(swarm: SwarmId): StreamReport | undefined;
}

/**
 * Answers `GET /v1/streams/:id/stats`: what one stream saved, and what that is worth. Whoever knows the id could join the
 * stream as well, so it is not asked who wants to know. Costs a few microseconds: the sums are there.
 */
export class StreamPage {
  readonly #source: StreamSource;
  readonly #price: Price | undefined;

  constructor(source: StreamSource, price: Price | undefined) {
    this.#source = source;
    this.#price = price;
  }

  /** Says no when another page is asked for. */
  handle(request: IncomingMessage, response: ServerResponse): boolean {
    const isAsked = request.method === "GET" || request.method === "HEAD";
    const id = PATH.exec(request.url ?? "")?.[1];
    if (!isAsked || id === undefined) return false;
    const report = SWARM_ID_PATTERN.test(id) ? this.#source.stream(id as SwarmId) : undefined;
    const body = report ? { ...report, ...this.#moneyOf(report) } : { error: "no such stream, or none of today" };
    answer(response, report ? 200 : 404, JSON_TYPE, `${JSON.stringify(body)}\n`, { ...ANY_ORIGIN, ...KEPT });
    return true;
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

const PATH = /^\/v1\/streams\/([^/?]+)\/stats(?:\?|$)/;

/** A dashboard that asks more often than this, or many of them behind one proxy, get the same answer. */
const KEPT = { "cache-control": "public, max-age=1" };

const GB = 1e9;
