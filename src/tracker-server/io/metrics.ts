/**
 * `/metrics`: what the tracker counted, in Prometheus' text. Every figure is read from the tracker at the moment it is
 * asked for, so that nothing is counted twice. No label names a swarm, a viewer or an address, and no label has more than
 * a bounded number of values. docs/metrics.md explains each.
 */
import { AggregatorRegistry, collectDefaultMetrics, Counter, Gauge, Registry } from "prom-client";
import type { SessionCounts } from "../core/session-counts.ts";
import type { StunCounts } from "./stun-server.ts";
import { SWARM_SIZE_BOUNDS, type TrackerCounters, type TrackerStats } from "../core/stats.ts";

/** What is read at each scrape. */
export interface MetricsSource {
  stats(): TrackerStats;
  /** Of all sockets, since the start. */
  traffic(): Traffic;
}

export interface Traffic {
  readonly messagesIn: number;
  readonly messagesOut: number;
}

export class TrackerMetrics {
  readonly contentType = Registry.PROMETHEUS_CONTENT_TYPE;
  readonly #registry = new Registry();
  readonly #source: MetricsSource;
  #reading: TrackerStats | undefined;

  constructor(source: MetricsSource, stun: StunCounts = NO_STUN) {
    this.#source = source;
    this.#addGauges();
    this.#addCounters();
    this.#counter("stun_answers", "STUN requests answered", () => stun.answered);
    this.#counter("stun_ignored", "Datagrams to the STUN port that were not answered", () => stun.ignored);
  }

  /** Lets the first process of several workers ask for the figures of this one. */
  answerFirstProcess(): void {
    AggregatorRegistry.setRegistries([this.#registry, processRegistry()]);
    new AggregatorRegistry(); // listens for its questions
  }

  /** All of it, with the figures of the process itself. */
  async text(): Promise<string> {
    return `${await this.#registry.metrics()}\n${await processRegistry().metrics()}`;
  }

  /** One reading a scrape, all of whose figures are collected in one turn. */
  #now(): TrackerStats {
    if (!this.#reading) {
      this.#reading = this.#source.stats();
      queueMicrotask(() => (this.#reading = undefined));
    }
    return this.#reading;
  }

  #addGauges(): void {
    this.#gauge("connections", "Sockets, joined or not", (now) => now.connections);
    this.#gauge("viewers", "Viewers that have joined, seeders apart", (now) => now.viewers);
    this.#gauge("seeders", "Seeders that have joined", (now) => now.seeders);
    this.#gauge("swarms", "Swarms with somebody in them, or held for a resume", (now) => now.swarmCount);
    this.#gauge("held_viewers", "Dropped viewers that may resume", (now) => now.held);
    this.#gauge("addresses", "Addresses with a socket, or with one not long ago", (now) => now.addresses);
    this.#gauge("draining", "1 while this process drains", (now) => Number(now.draining));
    this.#gauge("bus_up", "1 while what is sent over the bus to ourselves comes back", (now) =>
      Number(now.cluster.busUp),
    );
    this.#gauge("bus_nodes", "Processes on the bus, this one included", (now) => now.cluster.nodes);
    this.#gauge(
      "bus_lag_seconds",
      "How long the last record to ourselves took",
      (now) => (now.cluster.lagMs ?? 0) / 1000,
    );
    const now = (): TrackerStats => this.#now();
    new Gauge({
      ...this.#named("viewers_by_region", "Viewers by region, where regions are known"),
      labelNames: ["region"],
      collect() {
        this.reset();
        for (const [region, viewers] of Object.entries(now().viewersByRegion)) this.set({ region }, viewers);
      },
    });
    new Gauge({
      ...this.#named("viewers_per_swarm_bucket", "Swarms now with at most so many viewers"),
      labelNames: ["le"],
      collect() {
        for (const [index, bound] of SWARM_SIZE_BOUNDS.entries()) this.set({ le: bound }, now().swarmSizes[index] ?? 0);
        this.set({ le: "+Inf" }, now().swarmCount);
      },
    });
  }

  #addCounters(): void {
    for (const name of COUNTER_NAMES) this.#counter(snakeOf(name), COUNTERS[name], (now) => now.counters[name]);
    for (const name of REPORTED_NAMES)
      this.#counter(`reported_${snakeOf(name)}`, REPORTED[name], (now) => now.reported[name]);
    this.#counter("bus_sent", "Records sent over the bus", (now) => now.cluster.sent);
    this.#counter("bus_received", "Records received over the bus", (now) => now.cluster.received);
    this.#counter("bus_dropped", "Records that could not be sent, read or used", (now) => now.cluster.dropped);
    this.#counter("messages_received", "Messages of viewers", () => this.#source.traffic().messagesIn);
    this.#counter("messages_sent", "Messages to viewers", () => this.#source.traffic().messagesOut);
    const now = (): TrackerStats => this.#now();
    new Counter({
      ...this.#named("refusals_total", "Whatever was turned down"),
      labelNames: ["reason"],
      collect() {
        this.reset();
        for (const [reason, count] of Object.entries(now().refusals)) this.inc({ reason }, count);
      },
    });
  }

  #gauge(name: string, help: string, read: (now: TrackerStats) => number): void {
    const value = (): number => read(this.#now());
    new Gauge({
      ...this.#named(name, help),
      collect() {
        this.set(value());
      },
    });
  }

  /** The tracker counts; here a counter is only how Prometheus is told that it never goes back. */
  #counter(name: string, help: string, read: (now: TrackerStats) => number): void {
    const value = (): number => read(this.#now());
    new Counter({
      ...this.#named(`${name}_total`, help),
      collect() {
        this.reset();
        this.inc(value());
      },
    });
  }

  #named(name: string, help: string): { name: string; help: string; registers: Registry[] } {
    return { name: `hls_swarm_${name}`, help, registers: [this.#registry] };
  }
}

/** `relayedBytes` as Prometheus spells it: `relayed_bytes`. */
const snakeOf = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

const COUNTERS: Readonly<Record<keyof TrackerCounters, string>> = {
  joins: "Viewers that joined",
  resumes: "Joins that took an id up again",
  restores: "Joins with an id that was forgotten, or of another process",
  staleResumes: "Joins whose token was no good",
  redirects: "Viewers sent to another tracker",
  leaves: "Viewers that left in good order",
  drops: "Sockets that closed without a leave",
  expired: "Dropped viewers that did not resume",
  introductions: "Pairs of viewers introduced",
  relays: "Signals passed on",
  relayedBytes: "Bytes of these signals",
  undelivered: "Signals whose addressee was gone or slow",
  attestations: "Signatures under hashes that two networks agree on",
  attestedChunks: "Chunks under these signatures",
  disputedChunks: "Reported hashes that contradict others",
  accusations: "Accusations by viewers that were introduced to the accused",
  bans: "Viewers banned for them",
};
const COUNTER_NAMES = Object.keys(COUNTERS).filter((name): name is keyof TrackerCounters => name in COUNTERS);

const REPORTED: Readonly<Record<keyof SessionCounts, string>> = {
  peerBytes: "Bytes played from peers, as viewers say",
  originBytes: "Bytes played from the CDN, as viewers say",
  originReceivedBytes: "Bytes that the CDN sent, as viewers say",
  uploadedBytes: "Bytes sent to peers, as viewers say",
  wastedBytes: "Bytes received and not used, as viewers say",
  stalls: "Times that playback stopped for want of data, as viewers say",
  stalledMs: "Milliseconds that it stood still, as viewers say",
  playedMs: "Milliseconds that it went on, as viewers say",
  startUpMs: "Milliseconds until the first picture, as viewers say",
};
const REPORTED_NAMES = Object.keys(REPORTED).filter((name): name is keyof SessionCounts => name in REPORTED);

let ofProcess: Registry | undefined;

/** CPU, memory, event loop and garbage collector: one set a process, however many trackers it runs. */
function processRegistry(): Registry {
  if (!ofProcess) {
    ofProcess = new Registry();
    collectDefaultMetrics({ register: ofProcess });
  }
  return ofProcess;
}

const NO_STUN: StunCounts = { answered: 0, ignored: 0 };
