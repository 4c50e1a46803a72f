/**
 * One hls.js player with our loader in it: puts the loader in and takes it out again, and keeps one stream session per
 * source that the player loads.
 */
import type Hls from "hls.js";
import type { FragmentLoaderConstructor, HlsConfig } from "hls.js";
import type { SwarmId } from "../protocol/ids.ts";
import type { SwarmStats } from "../swarm/core/stats.ts";
import { swarmIdFor } from "../playlist/stream-names.ts";
import { createFragmentLoader } from "./fragment-loader.ts";
import { DESTROYING, listen, MANIFEST_LOADING } from "./hls-events.ts";
import { StreamSession, type StreamSessionOptions } from "./stream-session.ts";

export interface AttachmentOptions extends Omit<
  StreamSessionOptions,
  "hls" | "swarm" | "contentId" | "originLoader" | "switchedOff"
> {
  /** Whether anything may be opened. Changed by `reopen`. */
  mayOpen(): boolean;
  /** The site's own name for what a URL plays. */
  contentIdOf(url: string): string | undefined;
  /** The player is gone, or has nothing of ours any more. */
  detached(): void;
}

export class Attachment {
  readonly #hls: Hls;
  readonly #options: AttachmentOptions;
  readonly #previous: FragmentLoaderConstructor | undefined;
  readonly #loader: FragmentLoaderConstructor;
  readonly #stops: readonly (() => void)[];
  #session: StreamSession | undefined;
  #lastStats: SwarmStats | undefined;
  /** What plays now has been switched off by its tracker. */
  isSwitchedOff = false;
  #isDetached = false;

  constructor(hls: Hls, options: AttachmentOptions) {
    this.#hls = hls;
    this.#options = options;
    const { config } = hls;
    const previous = config.fLoader;
    this.#previous = previous;
    this.#loader = createFragmentLoader(
      () => this.#session,
      (current) => previous ?? defaultLoader(current),
    );
    // Read by hls.js at every load. What was there, CMCD's wrapper for one, goes on making the requests to the CDN.
    config.fLoader = this.#loader;
    this.#stops = [
      listen(hls, MANIFEST_LOADING, () => {
        this.reopen();
      }),
      listen(hls, DESTROYING, () => {
        this.#session?.pending.clear(); // hls.js ends them itself
        this.detach();
      }),
    ];
    this.reopen();
  }

  /** Of the source that plays, also once its swarm is closed. */
  get stats(): SwarmStats | undefined {
    return this.#session?.stats() ?? this.#lastStats;
  }

  /** Leaves the player as it was found. Idempotent. */
  detach(): void {
    if (this.#isDetached) return;
    this.#isDetached = true;
    for (const stop of this.#stops) stop();
    const { config } = this.#hls;
    // Somebody may have wrapped ours: with its session closed it is as good as the one before.
    if (config.fLoader === this.#loader) {
      if (this.#previous) config.fLoader = this.#previous;
      else delete config.fLoader;
    }
    this.#session?.close();
    this.#options.detached();
  }

  /**
   * For a new source, or when there is another answer to whether anything may be opened. A new source is a new swarm. A
   * failure to make one leaves the player plain, and so does having none.
   */
  reopen(): void {
    this.#session?.close();
    this.#lastStats = this.stats;
    this.#session = undefined;
    this.isSwitchedOff = false;
    const { url } = this.#hls;
    if (!url) return;
    const options = this.#options;
    try {
      const contentId = options.contentIdOf(url);
      const swarm = swarmIdFor(url, contentId);
      this.isSwitchedOff = SWITCHED_OFF.has(swarm);
      if (this.isSwitchedOff || !options.mayOpen()) return;
      const originLoader = (): FragmentLoaderConstructor | undefined => this.#originLoader();
      const switchedOff = (): void => {
        SWITCHED_OFF.add(swarm);
        this.reopen();
        options.changed();
      };
      this.#session = new StreamSession({ ...options, hls: this.#hls, swarm, contentId, originLoader, switchedOff });
    } catch (bug) {
      options.logger.error("loader", () => `no swarm for this source, playing from the CDN alone: ${String(bug)}`);
      options.retired(bug);
    }
  }

  #originLoader(): FragmentLoaderConstructor | undefined {
    const { config } = this.#hls;
    if (this.#previous) return this.#previous;
    return isStock(config) && !config.xhrSetup ? undefined : defaultLoader(config);
  }
}

/** hls.js's one loader class does for all kinds of contexts, and hls.js itself passes it off as one for fragments. */
const defaultLoader = (config: HlsConfig): FragmentLoaderConstructor => config.loader as FragmentLoaderConstructor;

/**
 * Whether the default loader is hls.js's own, which adds nothing to a request that our `fetch` does not. Told by a
 * method of its own: a page may have put another class into `Hls.DefaultConfig`, and a copy of hls.js bundled with a
 * player has another identity. A future hls.js without that method costs streaming, not correctness.
 */
function isStock({ loader }: HlsConfig): boolean {
  const prototype: unknown = loader.prototype;
  return (
    typeof prototype === "object" && prototype !== null && STOCK_METHODS.some((name) => Object.hasOwn(prototype, name))
  );
}

/** For as long as the page lives, and for all its players (TR48). */
const SWITCHED_OFF = new Set<SwarmId>();

/** Of XhrLoader and FetchLoader. */
const STOCK_METHODS = ["openAndSendXhr", "loadProgressively"];
