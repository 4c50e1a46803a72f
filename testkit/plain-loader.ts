/** The loader that was there before ours: answers nothing by itself, and remembers what hls.js did with it. */
import {
  LoadStats,
  type FragmentLoaderConstructor,
  type FragmentLoaderContext,
  type Loader,
  type LoaderCallbacks,
  type LoaderConfiguration,
  type LoaderStats,
} from "hls.js";

export interface PlainLoad {
  readonly context: FragmentLoaderContext;
  readonly config: LoaderConfiguration;
  readonly callbacks: LoaderCallbacks<FragmentLoaderContext>;
  readonly stats: LoaderStats;
  /** "aborted", "destroyed", in order. */
  readonly undone: string[];
  succeed(data: ArrayBuffer, code?: number): void;
}

/** A new class for each test, so that each sees its own loads. */
export function createPlainLoader(): { readonly Plain: FragmentLoaderConstructor; readonly loads: PlainLoad[] } {
  const loads: PlainLoad[] = [];
  class Plain implements Loader<FragmentLoaderContext> {
    context: FragmentLoaderContext | null = null;
    stats: LoaderStats = new LoadStats();
    #undone: string[] = [];
    load(
      context: FragmentLoaderContext,
      config: LoaderConfiguration,
      callbacks: LoaderCallbacks<FragmentLoaderContext>,
    ): void {
      const { stats } = this;
      // As hls.js's own loaders do.
      if (stats.loading.start > 0) throw new Error("used twice");
      stats.loading.start = performance.now();
      this.context = context;
      loads.push({
        ...{ context, config, callbacks, stats, undone: this.#undone },
        succeed: (data, code = 200) => {
          stats.loading.first = stats.loading.end = performance.now();
          callbacks.onSuccess({ url: context.url, data, code }, stats, context, null);
        },
      });
    }
    abort(): void {
      this.#undone.push("aborted");
    }
    destroy(): void {
      this.#undone.push("destroyed");
    }
  }
  return { Plain, loads };
}
