/**
 * A real hls.js in Node, without a media element: it loads and merges playlists, names levels and fires its events,
 * and the test plays the part of its fragment loader. Playlists come from a map instead of the network.
 */
import Hls, {
  LoaderContextType,
  LoadStats,
  type Fragment,
  type FragmentLoaderContext,
  type HlsConfig,
  type Loader,
  type LoaderCallbacks,
  type LoaderConfiguration,
  type LoaderContext,
  type LoaderStats,
} from "hls.js";

/** What hls.js reaches for outside a browser. Call once per test file. */
export function standInForBrowser(): void {
  Object.assign(globalThis, {
    addEventListener: () => undefined,
    removeEventListener: () => undefined,
    self: globalThis,
    location: { href: "https://page.example/" },
    RTCPeerConnection: () => undefined,
    WebSocket: () => undefined,
  });
}

/** URL without query to playlist text. May be changed while the player plays: a live playlist. */
export type Playlists = Map<string, string>;

/** Makes a player and waits until it has its first level. */
export async function openPlayer(playlists: Playlists, url: string, config: Partial<HlsConfig> = {}): Promise<Hls> {
  const hls = new Hls({ ...quiet(playlists), ...config });
  await loadSource(hls, url);
  return hls;
}

export async function loadSource(hls: Hls, url: string): Promise<void> {
  const updated = levelUpdated(hls);
  hls.loadSource(url);
  hls.startLoad();
  await updated;
}

/** What makes hls.js read its playlists from a map and log nothing. */
export const quiet = (playlists: Playlists): Partial<HlsConfig> => ({
  pLoader: playlistLoader(playlists),
  enableWorker: false,
  debug: false,
});

const levelUpdated = (hls: Hls): Promise<void> =>
  new Promise((resolve) => {
    hls.once(Hls.Events.LEVEL_UPDATED, () => {
      resolve();
    });
  });

function playlistLoader(playlists: Playlists): NonNullable<HlsConfig["pLoader"]> {
  return class implements Loader<LoaderContext> {
    context = null;
    stats: LoaderStats = new LoadStats();
    load(context: LoaderContext, _config: LoaderConfiguration, callbacks: LoaderCallbacks<LoaderContext>): void {
      const data = playlists.get(context.url.replace(/\?.*/, ""));
      setTimeout(() => {
        const now = performance.now();
        this.stats.loading = { start: now, first: now, end: now };
        if (data === undefined) callbacks.onError({ code: 404, text: "" }, context, null, this.stats);
        else callbacks.onSuccess({ url: context.url, data, code: 200 }, this.stats, context, null);
      });
    }
    abort(): void {}
    destroy(): void {}
  };
}

/** One call of a loader, with what it showed hls.js. */
export interface LoaderCall {
  readonly stats: unknown;
  readonly context: unknown;
  readonly details: unknown;
}

/** What a loader said, in order. */
export interface LoadRecord {
  readonly loader: Loader<FragmentLoaderContext>;
  readonly config: LoaderConfiguration;
  readonly context: FragmentLoaderContext;
  readonly said: string[];
  readonly calls: LoaderCall[];
  /** What `onSuccess` said of it. */
  url: string | undefined;
  /** Bytes of each `onProgress` and of `onSuccess`. */
  readonly progressed: ArrayBuffer[];
  data: ArrayBuffer | undefined;
  error: { code: number; text: string } | undefined;
  /** Resolves at the first of success, error, timeout and abort. */
  readonly ended: Promise<void>;
}

export interface LoadOptions {
  readonly withProgress?: boolean;
  readonly policy?: Partial<LoaderConfiguration["loadPolicy"]>;
  readonly context?: Partial<FragmentLoaderContext>;
  /** Default 131072, as for media. */
  readonly highWaterMark?: number;
  /** Calls the loader before hls.js loads with it. */
  readonly before?: (loader: Loader<FragmentLoaderContext>) => void;
}

/** Loads a fragment as hls.js's own fragment loader does, with the loader that the config names now. */
export function loadFragment(hls: Hls, frag: Fragment, options: LoadOptions = {}): LoadRecord {
  const FragmentLoader = hls.config.fLoader;
  if (!FragmentLoader) throw new Error("no fragment loader in the config");
  const loader = new FragmentLoader(hls.config);
  const [rangeStart = 0, rangeEnd = 0] = frag.byteRange;
  const context: FragmentLoaderContext = {
    type: LoaderContextType.MEDIA_FRAGMENT,
    ...{ frag, part: null, responseType: "arraybuffer", url: frag.url, headers: {}, rangeStart, rangeEnd },
    ...options.context,
  };
  const loadPolicy = {
    ...{ maxTimeToFirstByteMs: 10_000, maxLoadTimeMs: 120_000, timeoutRetry: null, errorRetry: null },
    ...options.policy,
  };
  const config = {
    ...{ loadPolicy, timeout: loadPolicy.maxLoadTimeMs, maxRetry: 0, retryDelay: 0, maxRetryDelay: 0 },
    highWaterMark: options.highWaterMark ?? 131_072,
  };
  let end = (): void => undefined;
  const ended = new Promise<void>((resolve) => (end = resolve));
  const record: LoadRecord = {
    ...{ loader, config, context, said: [], calls: [], progressed: [] },
    ...{ url: undefined, data: undefined, error: undefined, ended },
  };
  const finish = (word: string, ...[stats, shown, details]: readonly unknown[]): void => {
    record.said.push(word);
    record.calls.push({ stats, context: shown, details });
    // hls.js does away with a loader inside of its last callback.
    loader.destroy();
    end();
  };
  Object.assign(frag, { stats: loader.stats });
  options.before?.(loader);
  loader.load(context, config, {
    onSuccess: ({ url, data }, stats, shown, details) => {
      record.url = url;
      if (data instanceof ArrayBuffer) record.data = data;
      finish("success", stats, shown, details);
    },
    onError: (error, shown, details, stats) => {
      record.error = error;
      finish("error", stats, shown, details);
    },
    onTimeout: (stats, shown, details) => {
      finish("timeout", stats, shown, details);
    },
    onAbort: (stats, shown, details) => {
      finish("abort", stats, shown, details);
    },
    ...(options.withProgress
      ? {
          onProgress: (stats: LoaderStats, shown: FragmentLoaderContext, data: unknown, details: unknown) => {
            record.said.push("progress");
            record.calls.push({ stats, context: shown, details });
            if (data instanceof ArrayBuffer) record.progressed.push(data);
            if (data instanceof Uint8Array) record.progressed.push(data.slice().buffer); // hls.js 1.5's FetchLoader
          },
        }
      : {}),
  });
  record.said.unshift("started");
  return record;
}
