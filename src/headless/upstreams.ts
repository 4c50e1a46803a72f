/**
 * The hosts that the same stream can be had from, and which of them to ask now: the first that works. One that fails is
 * left alone for a while, longer each time, and is the first again once it works. Makes no request.
 */
import type { Millis } from "../base/time.ts";

/** What the operator sees of one. */
export interface UpstreamState {
  readonly url: string;
  readonly healthy: boolean;
  readonly requests: number;
  readonly failures: number;
  /** Received of playlists, segments and whatever else. */
  readonly bytes: number;
}

export class Upstream {
  /** Of the playlist that the operator named. */
  readonly url: string;
  requests = 0;
  bytes = 0;
  #failures = 0;
  #failedInARow = 0;
  #restsUntil: Millis = -Infinity;

  constructor(url: string) {
    this.url = url;
  }

  get restsUntil(): Millis {
    return this.#restsUntil;
  }

  isHealthy(now: Millis): boolean {
    return now >= this.#restsUntil;
  }

  worked(): void {
    this.#failedInARow = 0;
  }

  /** Requests that were under way together fail together: they count as one. */
  failed(now: Millis): void {
    this.#failures++;
    if (!this.isHealthy(now)) return;
    this.#restsUntil = now + Math.min(REST_MS_MAX, REST_MS_MIN * (1 << Math.min(this.#failedInARow, REST_DOUBLINGS)));
    this.#failedInARow++;
  }

  state(now: Millis): UpstreamState {
    const { url, requests, bytes } = this;
    return { url, healthy: this.isHealthy(now), requests, failures: this.#failures, bytes };
  }
}

export class Upstreams {
  readonly all: readonly Upstream[];
  readonly #now: () => Millis;

  constructor(urls: readonly string[], now: () => Millis) {
    this.all = urls.map((url) => new Upstream(url));
    this.#now = now;
  }

  /** In the order in which to try them: those that rest come last, rather than nobody. */
  inOrder(): readonly Upstream[] {
    const now = this.#now();
    const resting = this.all.filter((upstream) => !upstream.isHealthy(now));
    resting.sort((a, b) => a.restsUntil - b.restsUntil);
    return [...this.all.filter((upstream) => upstream.isHealthy(now)), ...resting];
  }

  failed(upstream: Upstream): void {
    upstream.failed(this.#now());
  }

  states(): readonly UpstreamState[] {
    const now = this.#now();
    return this.all.map((upstream) => upstream.state(now));
  }
}

/** Long enough that a host that is being restarted is not asked by every request of ours. */
const REST_MS_MIN: Millis = 2000;
const REST_DOUBLINGS = 4;
/** Short against the length of an outage, long against the price of one request. */
const REST_MS_MAX: Millis = 30_000;
