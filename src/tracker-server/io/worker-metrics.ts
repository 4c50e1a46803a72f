/**
 * `/metrics` of several workers at once, on a port that their first process opens: it adds up what each of them counted,
 * and takes the mean of what cannot be added.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { AggregatorRegistry } from "prom-client";
import { createHttpServer, listen, stopListening, urlOf } from "../../http/listening.ts";

export interface WorkerMetrics {
  readonly url: string;
  close(): Promise<void>;
}

export async function serveWorkerMetrics(port: number, host: string): Promise<WorkerMetrics> {
  const registry = new AggregatorRegistry();
  const handle = ({ url }: IncomingMessage, response: ServerResponse): void => {
    const answer = (status: number, type: string, body: string): void => {
      response.writeHead(status, { "content-type": type, "cache-control": "no-store" }).end(body);
    };
    if (url !== "/metrics") answer(404, TEXT, "only /metrics is here\n");
    else
      registry.clusterMetrics().then(
        (body) => {
          answer(200, registry.contentType, body);
        },
        (error: unknown) => {
          answer(503, TEXT, `${String(error)}\n`); // a worker that hangs, or has just ended
        },
      );
  };
  const server = createHttpServer(handle);
  const opened = await listen(server, port, host);
  return { url: urlOf("http", host, opened), close: () => stopListening(server) };
}

const TEXT = "text/plain; charset=utf-8";
