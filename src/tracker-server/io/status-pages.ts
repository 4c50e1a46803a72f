import type { IncomingMessage, ServerResponse } from "node:http";
import type { Millis } from "../../base/time.ts";
import type { TrackerHealth, TrackerStats } from "../core/stats.ts";
import type { TrackerNode } from "../core/tracker-node.ts";
import { answer, ANY_ORIGIN, HTML, JSON_TYPE, TEXT } from "../../http/answer.ts";
import { DEBUG_PAGE, DEBUG_PAGE_POLICY } from "./debug-page.ts";
import type { LagFigures } from "./loop-lag.ts";
import { residentBytes } from "./memory.ts";
import type { TrackerMetrics } from "./metrics.ts";
import type { UnreadyReason } from "./readiness.ts";

/** What the pages show. */
export interface StatusSource {
  health(): TrackerHealth;
  stats(): TrackerStats;
  /** This process and those on its bus. */
  nodes(): readonly TrackerNode[];
  lag(): LagFigures;
  /** Why no viewer should be sent here; none when it may. */
  unready(): readonly UnreadyReason[];
}

/** `operator`: what only its operator should see. `viewers`: what a load balancer in front of the viewers needs. */
export type Audience = "viewers" | "operator";

/**
 * Answers plain HTTP: `/healthz` and `/readyz` for load balancers, `/metrics` for Prometheus, `/debug` for the operator.
 * None shows an address.
 */
export class StatusPages {
  readonly #source: StatusSource;
  readonly #metrics: TrackerMetrics;
  readonly #isDebugShown: boolean;
  #report: { readonly body: string; readonly uptimeMs: Millis } | undefined;

  constructor(source: StatusSource, metrics: TrackerMetrics, isDebugShown: boolean) {
    this.#source = source;
    this.#metrics = metrics;
    this.#isDebugShown = isDebugShown;
  }

  /** A request handler for a port on which these are served. */
  handlerFor(...audiences: readonly Audience[]): (request: IncomingMessage, response: ServerResponse) => void {
    return (request, response) => {
      if (request.method !== "GET" && request.method !== "HEAD") {
        answer(response, 405, TEXT, "only GET and HEAD\n", { allow: "GET, HEAD" });
        return;
      }
      const path = (request.url ?? "/").replace(/\?.*$/s, "");
      if (path === "/healthz") this.#answerHealth(response);
      else if (path === "/readyz") this.#answerReadiness(response);
      else if (audiences.includes("operator") && this.#answerOperator(path, request, response)) return;
      else if (audiences.includes("viewers") && (path === "/" || path === "/v1"))
        answer(response, 426, TEXT, "This is an hls-swarm tracker: open a WebSocket here.\n", { upgrade: "websocket" });
      else answer(response, 404, TEXT, "not found\n");
    };
  }

  /** Whether there is such a page. */
  #answerOperator(path: string, request: IncomingMessage, response: ServerResponse): boolean {
    if (path === "/metrics") this.#answerMetrics(response);
    else if (!this.#isDebugShown) return false;
    else if (path === "/debug.json") this.#answerReport(response);
    else if (path !== "/debug") return false;
    else if (wantsJson(request.headers.accept)) this.#answerReport(response);
    else answer(response, 200, HTML, DEBUG_PAGE, { "content-security-policy": DEBUG_PAGE_POLICY });
    return true;
  }

  /** Red only while draining, for those who know no other check: a busy process must not be killed for it. */
  #answerHealth(response: ServerResponse): void {
    const { draining, viewers, seeders, uptimeMs } = this.#source.health();
    const uptimeSeconds = Math.floor(uptimeMs / 1000);
    const body = { status: draining ? "draining" : "ok", viewers, seeders, uptimeSeconds };
    answer(response, draining ? 503 : 200, JSON_TYPE, `${JSON.stringify(body)}\n`, ANY_ORIGIN);
  }

  #answerReadiness(response: ServerResponse): void {
    const reasons = this.#source.unready();
    const body = { status: reasons.length > 0 ? "not-ready" : "ready", reasons };
    answer(response, reasons.length > 0 ? 503 : 200, JSON_TYPE, `${JSON.stringify(body)}\n`, ANY_ORIGIN);
  }

  #answerMetrics(response: ServerResponse): void {
    this.#metrics.text().then(
      (body) => {
        answer(response, 200, this.#metrics.contentType, body);
      },
      (error: unknown) => {
        answer(response, 500, TEXT, `${String(error)}\n`);
      },
    );
  }

  #answerReport(response: ServerResponse): void {
    const { uptimeMs } = this.#source.health();
    if (!this.#report || uptimeMs - this.#report.uptimeMs >= REPORT_KEPT_MS) {
      const { lag, nodes, stats } = this.#source;
      const report = { ...stats(), nodes: nodes(), lagMs: lag(), rssBytes: residentBytes() };
      this.#report = { body: `${JSON.stringify(report)}\n`, uptimeMs };
    }
    answer(response, 200, JSON_TYPE, this.#report.body, ANY_ORIGIN);
  }
}

const wantsJson = (accept = ""): boolean => accept.includes("application/json") && !accept.includes("text/html");

/** With many swarms a report costs milliseconds; asking more often than this gets the same one. */
const REPORT_KEPT_MS: Millis = 500;
