/**
 * `/metrics` of a seeder, in Prometheus' text. Every figure is read at the moment it is asked for, so that nothing is
 * counted twice; the only label is the number of an upstream or a parent. docs/metrics.md explains each.
 */
import { collectDefaultMetrics, Counter, Gauge, Registry } from "prom-client";
import { CHUNK_BYTES } from "../protocol/limits.ts";
import type { UpstreamState } from "../headless/upstreams.ts";
import type { ParentState } from "./parent-watch.ts";
import { statusOf, type SeederStatus, type StatusSource } from "./status.ts";

export class SeederMetrics {
  readonly contentType = Registry.PROMETHEUS_CONTENT_TYPE;
  readonly #registry = new Registry();
  readonly #source: StatusSource;
  #reading: SeederStatus | undefined;

  constructor(source: StatusSource) {
    this.#source = source;
    collectDefaultMetrics({ register: this.#registry });
    this.#gauge("healthy", "1 while it follows the stream and an upstream works", (now) => Number(now.status === "ok"));
    this.#gauge("tracker_joined", "1 while the tracker has it", (now) => Number(now.tracker === "joined"));
    this.#gauge("viewers", "Viewers and seeders of the stream as the tracker counts them", (now) => now.viewers);
    this.#gauge("peers", "Peers with an open link", (now) => now.peers.open);
    this.#gauge("peers_connecting", "Peers that a link is being opened to", (now) => now.peers.connecting);
    this.#gauge("peers_max", "Peers there is room for", (now) => now.peers.max);
    this.#gauge("cache_bytes", "Segments in memory", (now) => now.memory.cacheBytes);
    this.#gauge("cache_bytes_max", "And how much that may be", (now) => now.memory.cacheBytesMax);
    this.#gauge("disk_bytes", "Segments on disk", (now) => now.disk?.bytes ?? 0);
    this.#counter("disk_hits", "Segments that the disk had", (now) => now.disk?.hits ?? 0);
    this.#counter("disk_misses", "Segments that it had not", (now) => now.disk?.misses ?? 0);
    this.#gauge("websockets", "Of the peers, those over WebSocket", (now) => now.callers?.sockets ?? 0);
    this.#counter("origin_received_bytes", "Media from the upstreams", (now) => now.bytes.fromUpstreams);
    this.#counter("peer_received_bytes", "Media from peers and other seeders", (now) => now.bytes.fromPeers);
    this.#counter("uploaded_bytes", "Media sent to peers", (now) => now.bytes.toPeers);
    this.#counter("uploaded_chunks", "The same in whole chunks", (now) => Math.floor(now.bytes.toPeers / CHUNK_BYTES));
    this.#counter("wasted_bytes", "Media received and not used", (now) => now.bytes.wasted);
    this.#perParent("parent_linked", "1 while this parent is linked", ({ state }) => Number(state === "linked"));
    this.#perUpstream("upstream_received_bytes", "Playlists and media by upstream", ({ bytes }) => bytes);
    this.#perUpstream("upstream_requests", "Requests by upstream", ({ requests }) => requests);
    this.#perUpstream("upstream_failures", "Of these, those that failed", ({ failures }) => failures);
  }

  text(): Promise<string> {
    return this.#registry.metrics();
  }

  /** One reading a scrape, all of whose figures are collected in one turn. */
  #now(): SeederStatus {
    if (!this.#reading) {
      this.#reading = statusOf(this.#source);
      queueMicrotask(() => (this.#reading = undefined));
    }
    return this.#reading;
  }

  #gauge(name: string, help: string, read: (now: SeederStatus) => number): void {
    const value = (): number => read(this.#now());
    new Gauge({
      ...this.#named(name, help),
      collect() {
        this.set(value());
      },
    });
  }

  /** The engine counts; here a counter is only how Prometheus is told that it never goes back. */
  #counter(name: string, help: string, read: (now: SeederStatus) => number): void {
    const value = (): number => read(this.#now());
    new Counter({
      ...this.#named(`${name}_total`, help),
      collect() {
        this.reset();
        this.inc(value());
      },
    });
  }

  #perParent(name: string, help: string, read: (parent: ParentState) => number): void {
    const now = (): SeederStatus => this.#now();
    new Gauge({
      ...this.#named(name, help),
      labelNames: ["parent"],
      collect() {
        for (const [index, parent] of now().parents.entries()) this.set({ parent: index }, read(parent));
      },
    });
  }

  #perUpstream(name: string, help: string, read: (upstream: Omit<UpstreamState, "url">) => number): void {
    const now = (): SeederStatus => this.#now();
    new Counter({
      ...this.#named(`${name}_total`, help),
      labelNames: ["upstream"],
      collect() {
        this.reset();
        for (const [index, upstream] of now().upstreams.entries()) this.inc({ upstream: index }, read(upstream));
      },
    });
  }

  #named(name: string, help: string): { name: string; help: string; registers: Registry[] } {
    return { name: `hls_swarm_seeder_${name}`, help, registers: [this.#registry] };
  }
}
