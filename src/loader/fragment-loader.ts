/**
 * The loader that hls.js calls for fragments: takes from the swarm what the swarm can bring, and hands everything else
 * to the loader that was there before, as if it had never been replaced.
 *
 * What hls.js relies on: `stats` is one object from construction on; `loading.start` is set when `load` returns;
 * answers come later than that, one per load; after `abort` or `destroy` there is silence; `stats.aborted` means
 * "ended early", so never after a success; `config.timeout` says which wait was running; the bytes go to `onProgress`,
 * if there is one, before `onSuccess`. Retries are hls.js's, and so are errors: only the origin's are ever reported.
 */
import type {
  FragmentLoaderConstructor,
  FragmentLoaderContext,
  HlsConfig,
  Loader,
  LoaderCallbacks,
  LoaderConfiguration,
  LoaderStats,
} from "hls.js";
import type { SegmentDelivery, SwarmPort } from "../swarm/io/driver-api.ts";
import type { HlsOrigin } from "./hls-origin.ts";
import type { RateKnowledge } from "./load-stats.ts";
import type { CataloguedSegment } from "./segment-catalogue.ts";
import { SwarmLoad } from "./swarm-load.ts";

/** A load that the swarm was asked for and that has not ended. */
export interface PendingLoad {
  /** Starts it anew with the loader that was there before, unseen by hls.js. */
  loadPlainly(): void;
}

/** What a loader needs of the stream that plays. */
export interface LoadDesk {
  readonly port: SwarmPort;
  readonly origin: HlsOrigin;
  readonly pending: Set<PendingLoad>;
  /** Whether everything is to be loaded as plain hls.js does, and counted. */
  readonly heldOut: boolean;
  /** The segment that a request is for, if the swarm may bring it; otherwise it is loaded as plain hls.js does. */
  segmentFor(context: FragmentLoaderContext): CataloguedSegment | undefined;
  rates(level: number): RateKnowledge;
  delivered(segment: CataloguedSegment, delivery: SegmentDelivery): void;
  /** Something of ours threw. */
  reportBug(bug: unknown): void;
}

type Callbacks = LoaderCallbacks<FragmentLoaderContext>;

type State =
  | { readonly phase: "new" }
  | { readonly phase: "plain" }
  | {
      readonly phase: "swarm";
      readonly desk: LoadDesk;
      readonly load: SwarmLoad;
      readonly request: readonly [FragmentLoaderContext, LoaderConfiguration, Callbacks];
    }
  | { readonly phase: "over" };

/** `desk` gives what plays now, or nothing while everything is to be loaded plainly. */
export function createFragmentLoader(
  desk: () => LoadDesk | undefined,
  plainLoaderOf: (config: HlsConfig) => FragmentLoaderConstructor,
): FragmentLoaderConstructor {
  return class extends SwarmFragmentLoader {
    constructor(config: HlsConfig) {
      super(new (plainLoaderOf(config))(config), desk);
    }
  };
}

function find(desk: LoadDesk, context: FragmentLoaderContext): CataloguedSegment | undefined {
  try {
    return desk.segmentFor(context);
  } catch (bug) {
    desk.reportBug(bug);
    return undefined;
  }
}

/** What the swarm would have brought counts, if the player gets it. */
const counted = (port: SwarmPort, callbacks: Callbacks): Callbacks => ({
  ...callbacks,
  onSuccess(response, stats, ...rest) {
    port.tell({ type: "loaded-plainly", byteLength: stats.loaded });
    callbacks.onSuccess(response, stats, ...rest);
  },
});

class SwarmFragmentLoader implements Loader<FragmentLoaderContext>, PendingLoad {
  /** The plain loader's own, so that it can take over at any time. */
  readonly stats: LoaderStats;
  context: FragmentLoaderContext | null = null;
  readonly #plain: Loader<FragmentLoaderContext>;
  readonly #desk: () => LoadDesk | undefined;
  #state: State = { phase: "new" };

  constructor(plain: Loader<FragmentLoaderContext>, desk: () => LoadDesk | undefined) {
    this.#plain = plain;
    this.stats = plain.stats;
    this.#desk = desk;
  }

  load(context: FragmentLoaderContext, config: LoaderConfiguration, callbacks: Callbacks): void {
    if (this.#state.phase !== "new") throw new Error("A fragment loader loads once.");
    this.context = context;
    const desk = this.#desk();
    const segment = desk && find(desk, context);
    if (!desk || !segment || desk.heldOut) {
      this.#state = { phase: "plain" };
      this.#plain.load(context, config, segment ? counted(desk.port, callbacks) : callbacks);
      return;
    }
    segment.context = context; // a loader around ours has been here
    const load = new SwarmLoad({
      ...{ port: desk.port, origin: desk.origin, segment, context, config, callbacks, stats: this.stats },
      rates: (level) => desk.rates(level),
      unsuitable: () => {
        this.loadPlainly();
      },
      ended: (delivery) => {
        this.#leaveSwarm({ phase: "over" });
        if (delivery) desk.delivered(segment, delivery);
      },
    });
    this.#state = { phase: "swarm", desk, load, request: [context, config, callbacks] };
    desk.pending.add(this);
    try {
      load.start();
    } catch (bug) {
      desk.reportBug(bug);
      this.loadPlainly();
    }
  }

  loadPlainly(): void {
    if (this.#state.phase !== "swarm") return;
    const { request } = this.#state;
    this.#leaveSwarm({ phase: "plain" });
    // As new: a loader of hls.js refuses to start where a load was started before.
    const { stats } = this;
    stats.loaded = stats.total = stats.loading.start = stats.loading.first = stats.loading.end = 0;
    this.#plain.load(...request);
  }

  abort(): void {
    const state = this.#state;
    if (state.phase === "plain") this.#plain.abort();
    if (state.phase !== "swarm") return;
    const [context, , callbacks] = state.request;
    this.stats.aborted = true;
    this.#leaveSwarm({ phase: "over" });
    callbacks.onAbort?.(this.stats, context, state.load.details);
  }

  destroy(): void {
    const { phase } = this.#state;
    if (phase === "swarm") this.stats.aborted = true;
    this.#leaveSwarm({ phase: "over" });
    this.context = null;
    // One that never loaded has opened nothing, and might take this for an early end.
    if (phase === "plain") this.#plain.destroy();
  }

  getCacheAge(): number | null {
    return this.#state.phase === "plain" ? (this.#plain.getCacheAge?.() ?? null) : null;
  }

  getResponseHeader(name: string): string | null {
    return this.#state.phase === "plain" ? (this.#plain.getResponseHeader?.(name) ?? null) : null;
  }

  #leaveSwarm(next: State): void {
    const state = this.#state;
    this.#state = next;
    if (state.phase !== "swarm") return;
    state.desk.pending.delete(this);
    state.load.cancel();
  }
}
