/**
 * The origin as hls.js reaches it: its URLs, headers, credentials and set-up functions, for whole segments and parts.
 * With hls.js's stock loader the request is our own `fetch`, because only that hands over bytes as they arrive; any
 * other loader (the page's own, CMCD's, or the stock one with an `xhrSetup`) is asked for each part.
 */
import type { FragmentLoaderConstructor, FragmentLoaderContext, HlsConfig } from "hls.js";
import type { SegmentId, SegmentName, TrackId } from "../protocol/ids.ts";
import { hashesAddress } from "../protocol/segment-root.ts";
import type { ResourceRange } from "../swarm/io/http-answer.ts";
import { fetchPart, HostTable, type HttpSegment } from "../swarm/io/origin-fetch.ts";
import type { Origin, OriginRequest, OriginSink } from "../swarm/io/origin.ts";
import type { OriginRate } from "./load-stats.ts";
import {
  loaderRange,
  requestByFetch,
  requestByLoader,
  type LoadedAnswer,
  type NetworkDetails,
} from "./origin-request.ts";
import type { CataloguedSegment, SegmentCatalogue } from "./segment-catalogue.ts";

/** Told of the origin's answers for one segment, whoever caused the requests. */
export interface OriginObserver {
  /** A request leaves now. */
  asked(): void;
  answered(details: NetworkDetails): void;
  /** A request was given up because it took too long. */
  timedOut(): void;
}

export interface HlsOriginOptions {
  readonly config: HlsConfig;
  readonly catalogue: SegmentCatalogue;
  readonly rate: OriginRate;
  /** What makes the next request; `undefined` for our own `fetch`. A page may change its mind while it plays. */
  loader(): FragmentLoaderConstructor | undefined;
}

export class HlsOrigin implements Origin {
  readonly #options: HlsOriginOptions;
  readonly #hosts = new HostTable();
  readonly #observers = new Map<SegmentId, Set<OriginObserver>>();

  constructor(options: HlsOriginOptions) {
    this.#options = options;
  }

  /** Returns how to stop. */
  observe(segment: SegmentId, observer: OriginObserver): () => void {
    let observers = this.#observers.get(segment);
    if (!observers) this.#observers.set(segment, (observers = new Set()));
    observers.add(observer);
    return () => {
      observers.delete(observer);
      if (observers.size === 0 && this.#observers.get(segment) === observers) this.#observers.delete(segment);
    };
  }

  /** As the playlist says; a segment that is known has one. */
  urlOf(segment: SegmentId): string {
    const { fragment, part } = this.#options.catalogue.get(segment) ?? {};
    return (part ?? fragment)?.url ?? "";
  }

  locate(track: TrackId, name: SegmentName): boolean {
    return this.#options.catalogue.locate(track, name);
  }

  fetch(request: OriginRequest, sink: OriginSink): { abort(): void } {
    const { catalogue, config } = this.#options;
    const loader = this.#options.loader();
    const segment = catalogue.get(request.segment);
    if (!segment) return failLater(sink);
    const context = contextFor(segment);
    const { maxTimeToFirstByteMs, maxLoadTimeMs } = config.fragLoadPolicy.default;
    const waits = {
      firstByteMsMax: maxTimeToFirstByteMs || Infinity, // 0 means none to hls.js
      loadMsMax: maxLoadTimeMs,
      timedOut: () => {
        for (const observer of this.#observers.get(segment.id) ?? []) observer.timedOut();
      },
    };
    const asked = (): void => {
      for (const observer of this.#observers.get(segment.id) ?? []) observer.asked();
    };
    const answered = (details: NetworkDetails): void => {
      for (const observer of this.#observers.get(segment.id) ?? []) observer.answered(details);
    };
    const transfer: Pick<HttpSegment, "byteRange"> = segment.byteRange ? { byteRange: segment.byteRange } : {};
    const host = this.#hosts.of(context.url);
    if (loader) {
      const open: HttpSegment["open"] = async (range, signal) => {
        asked();
        const ranged = { ...context, ...loaderRange(range) };
        const answer = await requestByLoader(loader, config, ranged, range, waits, signal);
        this.#meterAnswer(answer);
        answered(answer.details);
        return answer.response;
      };
      // The loader keeps the time itself; its answer comes all at once.
      const untimed = { firstByteMsMax: Infinity, loadMsMax: Infinity, timedOut: () => undefined };
      return fetchPart({ ...transfer, ...untimed, open }, host, request, sink);
    }
    const meter = new Meter(this.#options.rate, sink, segment.hinted === true);
    const open: HttpSegment["open"] = async (range, signal) => {
      asked();
      meter.asked();
      const ranged = { ...context, ...fetchRange(range) };
      const response = await requestByFetch(config, ranged, range, signal);
      meter.answered();
      answered(response);
      return response;
    };
    const running = fetchPart({ ...transfer, ...waits, open }, host, request, meter);
    return {
      abort: () => {
        running.abort();
        meter.stop();
      },
    };
  }

  /** As a segment is asked for, with the same headers and tokens, from beside it. */
  async hashes(id: SegmentId): Promise<Uint8Array | undefined> {
    const { catalogue, config } = this.#options;
    const loader = this.#options.loader();
    const segment = catalogue.get(id);
    if (!segment) return undefined;
    const context = contextFor(segment);
    context.url = hashesAddress(context.url, segment.byteRange);
    const aborter = new AbortController();
    const timer = setTimeout(() => {
      aborter.abort();
    }, HASHES_MS_MAX);
    try {
      const waits = { firstByteMsMax: HASHES_MS_MAX, loadMsMax: HASHES_MS_MAX, timedOut: () => undefined };
      const response = loader
        ? (await requestByLoader(loader, config, context, undefined, waits, aborter.signal)).response
        : await requestByFetch(config, context, undefined, aborter.signal);
      return response.ok ? new Uint8Array(await response.arrayBuffer()) : undefined;
    } catch {
      return undefined;
    } finally {
      clearTimeout(timer);
    }
  }

  #meterAnswer({ response, byteLength, startedAt, firstByteAt, endedAt }: LoadedAnswer): void {
    if (!response.ok) return;
    const { rate } = this.#options;
    rate.opened(firstByteAt, firstByteAt - startedAt);
    rate.received(byteLength);
    rate.closed(endedAt);
  }
}

/** Passes a transfer on and tells the rate of it. */
class Meter implements OriginSink {
  readonly #rate: OriginRate;
  readonly #sink: OriginSink;
  /** The origin holds the answer back until what is asked for is made: no measure of its own pace. */
  readonly #isHeld: boolean;
  #askedAt = 0;
  #isOpen = false;

  constructor(rate: OriginRate, sink: OriginSink, isHeld: boolean) {
    this.#rate = rate;
    this.#sink = sink;
    this.#isHeld = isHeld;
  }

  asked(): void {
    this.stop();
    this.#askedAt = performance.now();
  }
  answered(): void {
    const now = performance.now();
    this.#rate.opened(now, this.#isHeld ? this.#rate.firstByteMs : now - this.#askedAt);
    this.#isOpen = true;
  }
  stop(): void {
    if (this.#isOpen) this.#rate.closed(performance.now());
    this.#isOpen = false;
  }

  opened: OriginSink["opened"] = (answer) => {
    this.#sink.opened(answer);
  };
  data: OriginSink["data"] = (bytes) => {
    this.#rate.received(bytes.byteLength);
    this.#sink.data(bytes);
  };
  closed: OriginSink["closed"] = (outcome) => {
    this.stop();
    this.#sink.closed(outcome);
  };
}

/** hls.js's own request, where it has made one, for everything but the range; else what it would be. */
function contextFor({ fragment, part, context }: CataloguedSegment): FragmentLoaderContext {
  return {
    type: MEDIA_FRAGMENT,
    frag: fragment,
    part: part ?? null,
    responseType: "arraybuffer",
    url: context?.url ?? (part ?? fragment).url,
    headers: { ...context?.headers },
    rangeStart: 0,
    rangeEnd: 0,
  };
}

const fetchRange = (range: ResourceRange | undefined): { rangeStart: number; rangeEnd: number } => ({
  rangeStart: range?.start ?? 0,
  rangeEnd: range?.end ?? 0,
});

/** The core may ask for a segment whose playlist is long gone. */
function failLater(sink: OriginSink): { abort(): void } {
  let isOver = false;
  queueMicrotask(() => {
    if (!isOver) sink.closed({ outcome: "failed", status: 0 });
  });
  return {
    abort: () => {
      isOver = true;
    },
  };
}

/** Without them peers are of no use for the segment, and it comes from the CDN. */
const HASHES_MS_MAX = 2000;

/** hls.js 1.7 names what a context is for; its enum would be a runtime import. */
const MEDIA_FRAGMENT = "media-fragment" as FragmentLoaderContext["type"];
