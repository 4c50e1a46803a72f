/**
 * One fragment on its way through the swarm: waits for its bytes, keeps hls.js's waits and hls.js's statistics, and
 * ends in one callback. What hls.js may do with a loader is `fragment-loader.ts`'s to know.
 */
import type { FragmentLoaderContext, LoaderCallbacks, LoaderConfiguration, LoaderStats } from "hls.js";
import type { Bytes, Millis } from "../base/time.ts";
import type { SegmentDelivery, SegmentWatcher, SwarmPort } from "../swarm/io/driver-api.ts";
import type { HlsOrigin, OriginObserver } from "./hls-origin.ts";
import { closeStats, shapeStats, type RateKnowledge } from "./load-stats.ts";
import type { NetworkDetails } from "./origin-request.ts";
import { SEGMENT_BYTES_MAX, type CataloguedSegment } from "./segment-catalogue.ts";

export interface SwarmLoadOptions {
  readonly port: SwarmPort;
  readonly origin: HlsOrigin;
  readonly segment: CataloguedSegment;
  readonly context: FragmentLoaderContext;
  readonly config: LoaderConfiguration;
  readonly callbacks: LoaderCallbacks<FragmentLoaderContext>;
  readonly stats: LoaderStats;
  /** What the report of a load at `level` may rest on. */
  rates(level: number): RateKnowledge;
  /** The swarm is not the way for this segment after all. */
  unsuitable(): void;
  /** Called just before the last callback. */
  ended(delivery?: SegmentDelivery): void;
}

export class SwarmLoad implements SegmentWatcher, OriginObserver {
  readonly #options: SwarmLoadOptions;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #stopWanting: (() => void) | undefined;
  #stopObserving: (() => void) | undefined;
  #state: "going" | "over" = "going";
  #wantedAt: Millis = 0;
  /** When the origin was first asked for this load; the wait before that was for peers, and is not the CDN's. */
  #askedAt: Millis | undefined;
  /** Bytes that were here when the first origin request of this load was answered; undefined before. */
  #bytesBefore: Bytes | undefined;
  /** Bytes that are here. */
  #bytes: Bytes = 0;
  #hasTimedOut = false;
  #details: NetworkDetails = null;

  constructor(options: SwarmLoadOptions) {
    this.#options = options;
  }

  /** What the origin answered last, for hls.js to pass on. */
  get details(): NetworkDetails {
    return this.#details;
  }

  start(): void {
    const { port, origin, segment, config, stats } = this.#options;
    const { maxTimeToFirstByteMs, maxLoadTimeMs } = config.loadPolicy;
    this.#wantedAt = stats.loading.start = performance.now();
    // hls.js prints it when it reports a timeout. The origin keeps the first wait, from when it is asked.
    config.timeout =
      Number.isFinite(maxTimeToFirstByteMs) && maxTimeToFirstByteMs > 0 ? maxTimeToFirstByteMs : maxLoadTimeMs;
    if (maxLoadTimeMs <= TIMER_MS_MAX)
      this.#timer = setTimeout(() => {
        config.timeout = maxLoadTimeMs;
        this.#timeOut();
      }, maxLoadTimeMs);
    this.#stopObserving = origin.observe(segment.id, this);
    this.#stopWanting = port.want(segment.id, this);
  }

  /** Ends it without a word. Idempotent. */
  cancel(): void {
    this.#state = "over";
    clearTimeout(this.#timer);
    this.#stopObserving?.();
    this.#stopWanting?.();
  }

  asked(): void {
    this.#askedAt ??= performance.now();
  }

  answered(details: NetworkDetails): void {
    const { config, context, stats } = this.#options;
    const { loading } = stats;
    this.#details = details;
    this.#hasTimedOut = false;
    this.#bytesBefore ??= this.#bytes;
    if (!loading.first) {
      loading.first = performance.now();
      // The rules look at a load once half of its duration has passed: as soon as there is something to see, then.
      const unwatchedMs = context.frag.duration * 500;
      loading.start = Math.max(loading.start, (this.#askedAt ?? 0) - unwatchedMs);
    }
    config.timeout = config.loadPolicy.maxLoadTimeMs;
  }

  timedOut(): void {
    this.#hasTimedOut = true; // `failed` follows, unless peers can still bring it
  }

  /**
   * While peers alone feed a segment hls.js is shown nothing of it: it would take their pace for the CDN's and abandon
   * the level. With nothing shown it asks whether its estimate could still make it, which is the right question. Once
   * the CDN has answered it is shown what comes from then on, and that as much is to come (AB8).
   */
  progress(peerBytes: Bytes, originBytes: Bytes, byteLength: Bytes | undefined): void {
    const { stats, unsuitable } = this.#options;
    if (this.#hasEnded()) return;
    if (byteLength !== undefined && byteLength > SEGMENT_BYTES_MAX) {
      unsuitable();
      return;
    }
    this.#bytes = peerBytes + originBytes;
    const before = this.#bytesBefore ?? 0;
    if (byteLength !== undefined) stats.total = byteLength - before;
    if (this.#bytesBefore !== undefined) stats.loaded = this.#bytes - before;
  }

  complete(delivery: SegmentDelivery): void {
    if (this.#hasEnded()) return;
    const { context, callbacks, stats, rates, ended } = this.#options;
    const { bytes } = delivery;
    const now = performance.now();
    const known = rates(context.frag.level);
    const askedAt = this.#askedAt ?? stats.loading.start;
    const isPlain = delivery.peerBytes === 0 && this.#bytesBefore === 0 && known.sharedAt < askedAt;
    if (isPlain) stats.loading.start = askedAt;
    // Only `main` feeds the estimate of hls.js.
    if (isPlain || context.frag.type !== "main") closeStats(stats, now, bytes.byteLength);
    else shapeStats(stats, now, bytes.byteLength, known, this.#lateRate(now, delivery));
    const isOwnBuffer = bytes.byteLength === bytes.buffer.byteLength;
    const data = isOwnBuffer ? bytes.buffer : bytes.slice().buffer;
    clearTimeout(this.#timer);
    callbacks.onProgress?.(stats, context, data, this.#details);
    if (this.#hasEnded()) return; // hls.js did away with the loader meanwhile
    this.cancel();
    ended(delivery);
    callbacks.onSuccess({ url: context.url, data, code: 200 }, stats, context, this.#details);
  }

  failed(status: number): void {
    if (this.#hasEnded()) return;
    if (this.#hasTimedOut && status === 0) {
      this.#timeOut();
      return;
    }
    const { context, callbacks, stats, ended } = this.#options;
    this.cancel();
    ended();
    const text = this.#details?.status === status ? this.#details.statusText : "";
    callbacks.onError({ code: status, text }, context, this.#details, stats);
  }

  /** Bits per second of a load for which the CDN took longer than it plays. */
  #lateRate(now: Millis, { peerBytes, originBytes }: SegmentDelivery): number | undefined {
    const byteLength = peerBytes + originBytes;
    const restBytes = byteLength - (this.#bytesBefore ?? byteLength);
    const isLate = now - (this.#askedAt ?? now) > this.#options.context.frag.duration * 1000;
    return isLate && originBytes > restBytes / 2 ? (byteLength * 8000) / (now - this.#wantedAt) : undefined;
  }

  #hasEnded(): boolean {
    return this.#state === "over";
  }

  #timeOut(): void {
    const { context, callbacks, stats, ended } = this.#options;
    this.cancel();
    stats.aborted = true; // as hls.js's own loaders leave it after a timeout
    ended();
    callbacks.onTimeout(stats, context, this.#details);
  }
}

/** Longer ones overflow `setTimeout` and fire at once. */
const TIMER_MS_MAX = 0x7fff_ffff;
