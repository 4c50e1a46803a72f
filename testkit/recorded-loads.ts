/** Puts a loader around the one that a player has, as CMCD does, and tells of what it brings. Changes nothing. */
import type Hls from "hls.js";
import type {
  FragmentLoaderConstructor,
  FragmentLoaderContext,
  HlsConfig,
  Loader,
  LoaderCallbacks,
  LoaderConfiguration,
} from "hls.js";

/** `data` is the loader's own buffer: read it before the callback returns. */
export function recordLoads(hls: Hls, got: (context: FragmentLoaderContext, data: ArrayBuffer) => void): void {
  const Inner = hls.config.fLoader ?? (hls.config.loader as FragmentLoaderConstructor);
  hls.config.fLoader = class implements Loader<FragmentLoaderContext> {
    readonly #inner: Loader<FragmentLoaderContext>;
    constructor(config: HlsConfig) {
      this.#inner = new Inner(config);
    }
    get stats() {
      return this.#inner.stats;
    }
    get context() {
      return this.#inner.context;
    }
    load(
      context: FragmentLoaderContext,
      config: LoaderConfiguration,
      callbacks: LoaderCallbacks<FragmentLoaderContext>,
    ): void {
      this.#inner.load(context, config, {
        ...callbacks,
        onSuccess: (response, stats, loaded, details) => {
          if (response.data instanceof ArrayBuffer) got(context, response.data);
          callbacks.onSuccess(response, stats, loaded, details);
        },
      });
    }
    abort(): void {
      this.#inner.abort();
    }
    destroy(): void {
      this.#inner.destroy();
    }
  };
}
