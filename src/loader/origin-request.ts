/**
 * The two ways to make one HTTP request as hls.js would: our own `fetch`, which streams, or a loader class of somebody
 * else, which answers once it has everything. Both give a `Response`, so that one reading of it does for both.
 */
import type { FragmentLoaderConstructor, FragmentLoaderContext, HlsConfig, LoaderConfiguration } from "hls.js";
import type { Bytes, Millis } from "../base/time.ts";
import { rangeHeader, type ResourceRange } from "../swarm/io/http-answer.ts";
import { SEGMENT_BYTES_MAX } from "./segment-catalogue.ts";

/** What hls.js calls network details: what analytics read of an answer. */
export type NetworkDetails = Response | XMLHttpRequest | null;

/** Credentials go as XMLHttpRequest sends them by default, so that nothing changes for a site that set nothing up. */
export async function requestByFetch(
  config: HlsConfig,
  context: FragmentLoaderContext,
  range: ResourceRange | undefined,
  signal: AbortSignal,
): Promise<Response> {
  const headers = new Headers(context.headers);
  if (range) headers.set("Range", rangeHeader(range));
  const init: RequestInit = { method: "GET", mode: "cors", credentials: "same-origin", headers, signal };
  const request = config.fetchSetup ? await config.fetchSetup(context, init) : new Request(context.url, init);
  return fetch(request, { signal }); // again, for a `fetchSetup` that did not pass it on
}

/** A request of a loader class, and when its answer came. */
export interface LoadedAnswer {
  readonly response: Response;
  readonly details: NetworkDetails;
  readonly byteLength: Bytes;
  readonly startedAt: Millis;
  readonly firstByteAt: Millis;
  readonly endedAt: Millis;
}

export interface LoaderWaits {
  readonly firstByteMsMax: Millis;
  readonly loadMsMax: Millis;
  timedOut(): void;
}

/** Rejects on what is not an answer: no connection, timeout, abort. */
export function requestByLoader(
  Loader: FragmentLoaderConstructor,
  config: HlsConfig,
  context: FragmentLoaderContext,
  range: ResourceRange | undefined,
  waits: LoaderWaits,
  signal: AbortSignal,
): Promise<LoadedAnswer> {
  const loader = new Loader(config);
  const { stats } = loader;
  return new Promise<LoadedAnswer>((resolve, reject) => {
    const settle = (status: number, data: BodyInit | null, byteLength: Bytes, details: NetworkDetails): void => {
      // The length is told anew: a header of the answer may count compressed bytes.
      const headers = { ...contentHeaders(details), "content-length": String(byteLength) };
      const { start, first, end } = stats.loading;
      resolve({
        response: new Response(data, { status, headers }),
        details,
        byteLength,
        startedAt: start,
        firstByteAt: first || start,
        endedAt: end || performance.now(),
      });
    };
    signal.addEventListener("abort", () => {
      reject(new Error("aborted"));
    });
    loader.load(context, loaderConfiguration(waits), {
      onSuccess: ({ data, code }, _stats, _context, details) => {
        const status = data instanceof ArrayBuffer ? statusOf(data.byteLength, code, details, range) : undefined;
        if (status === undefined || !(data instanceof ArrayBuffer))
          reject(new Error("not the bytes that were asked for"));
        else settle(status, data, data.byteLength, details);
      },
      onError: ({ code, text }, _context, details) => {
        // What the constructor of Response takes for an error.
        if (code >= 400 && code <= 599) settle(code, null, 0, details);
        else reject(new Error(text));
      },
      onTimeout: () => {
        waits.timedOut();
        reject(new Error("timeout"));
      },
    });
  }).finally(() => {
    if (signal.aborted) loader.abort();
    loader.destroy();
  });
}

/**
 * 206 or 200: whether a loader honoured a range. One that shows its request is believed; of one that does not, and
 * says 200 to everything, only the exact length is proof.
 */
function statusOf(
  byteLength: Bytes,
  code: number | undefined,
  details: NetworkDetails,
  range: ResourceRange | undefined,
): number | undefined {
  if (!range) return 200;
  if (details) return details.status;
  return code === 206 || byteLength === (range.end ?? NaN) - range.start ? 206 : undefined;
}

function contentHeaders(details: NetworkDetails): Record<string, string> {
  const found: Record<string, string> = {};
  if (!details) return found;
  if (details instanceof Response) details.headers.forEach((value, name) => (found[name] = value));
  // Not `getResponseHeader`, which logs an error for each header that the server does not expose.
  else
    for (const line of details.getAllResponseHeaders().split("\r\n")) {
      const colon = line.indexOf(":");
      if (colon > 0) found[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
    }
  const kept = Object.entries(found).filter(([name]) => READ_HEADERS.includes(name));
  return Object.fromEntries(kept);
}

/** `rangeEnd` of 0 means no range to hls.js's loaders, so an open end becomes one that no segment reaches. */
export const loaderRange = (range: ResourceRange | undefined): { rangeStart: Bytes; rangeEnd: Bytes } =>
  range
    ? { rangeStart: range.start, rangeEnd: range.end ?? range.start + SEGMENT_BYTES_MAX }
    : { rangeStart: 0, rangeEnd: 0 };

/** One attempt, no progress: as hls.js loads a fragment. */
const loaderConfiguration = ({ firstByteMsMax, loadMsMax }: LoaderWaits): LoaderConfiguration => ({
  loadPolicy: { maxTimeToFirstByteMs: firstByteMsMax, maxLoadTimeMs: loadMsMax, timeoutRetry: null, errorRetry: null },
  timeout: loadMsMax,
  maxRetry: 0,
  retryDelay: 0,
  maxRetryDelay: 0,
  highWaterMark: Infinity,
});

/** What the reading of an answer looks at. Not Content-Encoding: the loader's body is decoded. */
const READ_HEADERS = ["content-range", "content-type"];
