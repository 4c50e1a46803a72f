/**
 * Answers plain HTTP: `/healthz` for whoever restarts seeders, `/metrics` for Prometheus, `/status`, `/peers` and `/segments` for the
 * operator. Each figure is read when it is asked for.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { answer, JSON_TYPE, TEXT } from "../http/answer.ts";
import type { SeederMetrics } from "./metrics.ts";
import { statusOf, type StatusSource } from "./status.ts";

/** A request handler for a port of its own. */
export const statusPages =
  (source: StatusSource, metrics: SeederMetrics) =>
  (request: IncomingMessage, response: ServerResponse): void => {
    if (request.method !== "GET" && request.method !== "HEAD") {
      answer(response, 405, TEXT, "only GET and HEAD\n", { allow: "GET, HEAD" });
      return;
    }
    const tell = (content: unknown, status = 200): void => {
      answer(response, status, JSON_TYPE, `${JSON.stringify(content)}\n`);
    };
    switch ((request.url ?? "/").replace(/\?.*$/s, "")) {
      case "/healthz": {
        const reasons = source.illness();
        const { tracker } = source.stats();
        tell({ status: reasons.length > 0 ? "ill" : "ok", reasons, tracker }, reasons.length > 0 ? 503 : 200);
        return;
      }
      case "/status":
        tell(statusOf(source));
        return;
      case "/peers":
        tell(source.stats().peers);
        return;
      case "/segments":
        tell(source.stats().segments);
        return;
      case "/metrics":
        metrics.text().then(
          (text) => {
            answer(response, 200, metrics.contentType, text);
          },
          (error: unknown) => {
            answer(response, 500, TEXT, `${String(error)}\n`);
          },
        );
        return;
      default:
        answer(response, 404, TEXT, "here are /healthz, /metrics, /status, /peers and /segments\n");
    }
  };
