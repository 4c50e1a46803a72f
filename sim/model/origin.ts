import type { Rng } from "../../src/base/random.ts";
import type { Bytes, Millis } from "../../src/base/time.ts";
import { CHUNK_BYTES } from "../../src/protocol/limits.ts";
import type { SwarmAction } from "../../src/swarm/core/action.ts";
import type { FetchId, SwarmEvent } from "../../src/swarm/core/event.ts";
import type { Clock, Task } from "./clock.ts";
import type { Meter } from "./meter.ts";
import type { Plan } from "./plan.ts";
import type { Stream, StreamSegment } from "./stream.ts";

type FetchOrder = Extract<SwarmAction, { type: "fetch-origin" }>;

/** Who asks. */
export interface Client {
  readonly index: number;
  readonly alive: boolean;
  readonly firstByteMs: Millis;
  readonly downlinkRate: number;
  readonly rng: Rng;
  /** Whether what it gets goes into the figures. */
  readonly counts: boolean;
  /** Whether what the origin sends it is paid for: a seeder's, too. */
  readonly isBilled: boolean;
  feed(event: SwarmEvent): void;
  /** Keeps a chunk. False when it was held already. */
  put(segment: StreamSegment, chunk: number): boolean;
  /** The core knows of a chunk that the origin brought: it may be checked. */
  prove(segment: StreamSegment, chunk: number): void;
}

/** The CDN: answers ranges after a while, at a rate per request, and counts every byte that it sends. */
export class Origin {
  readonly #clock: Clock;
  readonly #stream: Stream;
  readonly #meter: Meter;
  readonly #plan: Plan;
  /** An HTTP status while it is out of order. */
  outage: number | undefined;

  constructor(clock: Clock, stream: Stream, meter: Meter, plan: Plan) {
    this.#clock = clock;
    this.#stream = stream;
    this.#meter = meter;
    this.#plan = plan;
  }

  open(client: Client, order: FetchOrder, isStart: boolean): Fetch {
    const { origin } = this.#plan;
    const { rng } = client;
    let firstByteMs = client.firstByteMs * (0.8 + 0.7 * rng.next());
    if (rng.next() < origin.slowShare) firstByteMs += origin.slowMs;
    if (this.#meter.on && client.counts) this.#meter.originRequests++;
    const bytesPerMs = Math.min(origin.bitsPerSecondPerRequest / 8000, client.downlinkRate);
    const fetch = new Fetch(this, client, this.#stream.get(order.segment), order, bytesPerMs, isStart);
    this.#clock.at(this.#clock.now + firstByteMs, fetch);
    return fetch;
  }

  /** `false` when the origin does not have it yet, or has trouble. */
  statusOf(segment: StreamSegment): number {
    if (this.outage !== undefined) return this.outage;
    return segment.availableAt > this.#clock.now ? 404 : 206;
  }

  sent(fetch: Fetch, bytes: Bytes): void {
    if (!this.#meter.on || !fetch.client.isBilled) return;
    this.#meter.originBytes += bytes;
    this.#meter.originByReason[fetch.reason] += bytes;
    fetch.segment.originBytes += bytes;
  }

  plan(fetch: Fetch, ms: Millis): void {
    this.#clock.at(this.#clock.now + ms, fetch);
  }

  /** A chunk arrives at its client. */
  brought(client: Client, segment: StreamSegment, chunk: number, bytes: Bytes): void {
    this.#meter.trace(this.#clock.now, client.index, segment.name.sequence, chunk);
    const isNew = client.put(segment, chunk);
    if (!this.#meter.on || !client.counts) return;
    if (isNew) this.#meter.originUsefulBytes += bytes;
    else this.#meter.duplicateBytes += bytes;
  }
}

/** One request and its answer: first the headers, then chunk by chunk. */
export class Fetch implements Task {
  readonly #origin: Origin;
  readonly client: Client;
  readonly segment: StreamSegment;
  readonly #id: FetchId;
  readonly #end: Bytes;
  readonly #bytesPerMs: number;
  readonly reason: "start" | "elected" | "due" | "alone";
  readonly #firstChunk: number;
  #phase: "asked" | "open" | "closed" = "asked";
  #chunk: number;
  #receivedBytes: Bytes = 0;

  constructor(
    origin: Origin,
    client: Client,
    segment: StreamSegment,
    order: FetchOrder,
    bytesPerMs: number,
    isStart: boolean,
  ) {
    this.#origin = origin;
    this.client = client;
    this.segment = segment;
    this.#id = order.fetch;
    this.#end = Math.min(segment.byteLength, (order.to ?? Infinity) * CHUNK_BYTES);
    this.#bytesPerMs = bytesPerMs;
    this.#firstChunk = this.#chunk = order.from;
    this.reason = isStart ? "start" : order.reason;
  }

  run(): void {
    const { client } = this;
    if (this.#phase === "closed" || !client.alive) return;
    if (this.#phase === "asked") {
      const status = this.#origin.statusOf(this.segment);
      if (status !== 206) {
        this.#close("failed", status);
      } else if (this.#firstChunk * CHUNK_BYTES >= this.segment.byteLength) {
        this.#close("void", 416);
      } else {
        this.#phase = "open";
        client.feed({
          type: "origin-opened",
          fetch: this.#id,
          firstChunk: this.#firstChunk,
          byteLength: this.segment.byteLength,
        });
        this.#goOn();
      }
      return;
    }
    const byteLength = this.#nextBytes();
    const chunk = this.#chunk++;
    this.#receivedBytes += byteLength;
    this.#origin.sent(this, byteLength);
    this.#origin.brought(client, this.segment, chunk, byteLength);
    client.feed({ type: "origin-chunk", fetch: this.#id, chunk, byteLength });
    client.prove(this.segment, chunk);
    this.#goOn();
  }

  abort(): void {
    // What is in flight by then has been sent for nothing.
    if (this.#phase === "open") {
      const left = this.#end - this.#chunk * CHUNK_BYTES;
      this.#origin.sent(this, Math.max(0, Math.min(left, this.#bytesPerMs * IN_FLIGHT_MS)));
    }
    this.#phase = "closed";
  }

  #goOn(): void {
    if (this.#phase !== "open") return;
    const bytes = this.#nextBytes();
    if (bytes > 0) this.#origin.plan(this, bytes / this.#bytesPerMs);
    else this.#close("complete", 206);
  }

  #nextBytes(): Bytes {
    return Math.min(CHUNK_BYTES, this.#end - this.#chunk * CHUNK_BYTES);
  }

  #close(outcome: "complete" | "failed" | "void", status: number): void {
    this.#phase = "closed";
    this.client.feed({
      type: "origin-closed",
      fetch: this.#id,
      outcome,
      status,
      receivedBytes: this.#receivedBytes,
    });
  }
}

/** Half a round trip's worth of a running answer. */
const IN_FLIGHT_MS: Millis = 30;
