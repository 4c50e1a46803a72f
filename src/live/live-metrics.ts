/** `/metrics` of a live origin, in Prometheus' text. Every figure is read when it is asked for. docs/metrics.md explains each. */
import { collectDefaultMetrics, Counter, Gauge, Registry } from "prom-client";
import type { LiveFigures } from "./live-status.ts";

export class LiveMetrics {
  readonly contentType = Registry.PROMETHEUS_CONTENT_TYPE;
  readonly #registry = new Registry();

  constructor(figures: () => LiveFigures) {
    const gauge = (name: string, help: string, read: (now: LiveFigures) => number): void => {
      new Gauge({
        ...this.#named(name, help),
        collect() {
          this.set(read(figures()));
        },
      });
    };
    gauge("streams", "Streams, ended ones included", ({ streams }) => streams.length);
    gauge("publishers", "Who publishes just now", ({ publishers }) => publishers);
    gauge("held_requests", "Requests that wait for what is yet to be made", ({ heldRequests }) => heldRequests);
    gauge("disk_free_bytes", "Bytes free where the media is", ({ diskFreeBytes }) => diskFreeBytes);
    new Counter({
      ...this.#named("sent_bytes_total", "Bytes sent over HTTP, headers included"),
      collect() {
        this.reset();
        this.inc(figures().sentBytes);
      },
    });
    new Counter({
      ...this.#named("answers_total", "Answers by status"),
      labelNames: ["status"],
      collect() {
        this.reset();
        for (const [status, count] of Object.entries(figures().answers)) this.inc({ status }, count);
      },
    });
    new Counter({
      ...this.#named("publish_refusals_total", "Publishers turned away"),
      labelNames: ["reason"],
      collect() {
        this.reset();
        for (const [reason, count] of Object.entries(figures().refusedPublishers)) this.inc({ reason }, count);
      },
    });
    collectDefaultMetrics({ register: this.#registry });
  }

  text(): Promise<string> {
    return this.#registry.metrics();
  }

  #named(name: string, help: string): { name: string; help: string; registers: Registry[] } {
    return { name: `hls_swarm_live_${name}`, help, registers: [this.#registry] };
  }
}
