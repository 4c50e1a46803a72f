import type { IncomingMessage, ServerResponse } from "node:http";
import type { Millis } from "../../base/time.ts";
import type { TrackerHealth, TrackerStats } from "../core/stats.ts";
import { DEBUG_PAGE, DEBUG_PAGE_POLICY } from "./debug-page.ts";
import { residentBytes } from "./memory.ts";

/** Answers plain HTTP: `/healthz` for load balancers, `/debug` for the operator. Neither shows an address. */
export class StatusPages {
  readonly #tracker: { health(): TrackerHealth; stats(): TrackerStats };
  readonly #isDebugShown: boolean;
  #report: { readonly body: string; readonly uptimeMs: Millis } | undefined;

  constructor(tracker: { health(): TrackerHealth; stats(): TrackerStats }, isDebugShown: boolean) {
    this.#tracker = tracker;
    this.#isDebugShown = isDebugShown;
  }

  readonly handle = (request: IncomingMessage, response: ServerResponse): void => {
    if (request.method !== "GET" && request.method !== "HEAD") {
      answer(response, 405, TEXT, "only GET and HEAD\n", { allow: "GET, HEAD" });
      return;
    }
    const path = (request.url ?? "/").replace(/\?.*$/s, "");
    if (path === "/healthz") this.#answerHealth(response);
    else if (path === "/debug.json" && this.#isDebugShown) this.#answerReport(response);
    else if (path === "/debug" && this.#isDebugShown) {
      if (wantsJson(request.headers.accept)) this.#answerReport(response);
      else answer(response, 200, HTML, DEBUG_PAGE, { "content-security-policy": DEBUG_PAGE_POLICY });
    } else if (path === "/" || path === "/v1") {
      answer(response, 426, TEXT, "This is an hls-swarm tracker: open a WebSocket here.\n", { upgrade: "websocket" });
    } else answer(response, 404, TEXT, "not found\n");
  };

  #answerHealth(response: ServerResponse): void {
    const { draining, viewers, uptimeMs } = this.#tracker.health();
    const body = { status: draining ? "draining" : "ok", viewers, uptimeSeconds: Math.floor(uptimeMs / 1000) };
    answer(response, draining ? 503 : 200, JSON_TYPE, `${JSON.stringify(body)}\n`, ANY_ORIGIN);
  }

  #answerReport(response: ServerResponse): void {
    const { uptimeMs } = this.#tracker.health();
    if (!this.#report || uptimeMs - this.#report.uptimeMs >= REPORT_KEPT_MS) {
      const report = { ...this.#tracker.stats(), rssBytes: residentBytes() };
      this.#report = { body: `${JSON.stringify(report)}\n`, uptimeMs };
    }
    answer(response, 200, JSON_TYPE, this.#report.body, ANY_ORIGIN);
  }
}

const wantsJson = (accept = ""): boolean => accept.includes("application/json") && !accept.includes("text/html");

function answer(
  response: ServerResponse,
  status: number,
  type: string,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, {
    "content-type": type,
    "content-length": Buffer.byteLength(body),
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    ...headers,
  });
  response.end(body); // Node leaves the body out of the answer to HEAD
}

const TEXT = "text/plain; charset=utf-8";
const HTML = "text/html; charset=utf-8";
const JSON_TYPE = "application/json; charset=utf-8";
/** Numbers without names: a dashboard on another site may read them. */
const ANY_ORIGIN = { "access-control-allow-origin": "*" };

/** With many swarms a report costs milliseconds; asking more often than this gets the same one. */
const REPORT_KEPT_MS: Millis = 500;
