/** One load of one fragment, by hls.js's own loaders and by ours, told in the same words. */
import Hls, { FetchLoader, XhrLoader, type FragmentLoaderConstructor, type HlsConfig } from "hls.js";
import { loadFragment, type LoadOptions } from "../../testkit/headless-player.ts";
import { createPlayer, digest, once, type Engine } from "./page-players.ts";

/** hls.js's own loaders, and ours over each driver. */
export type LoaderKind = "xhr" | "fetch" | Exclude<Engine, "plain">;

export interface LoadRequest {
  readonly kind: LoaderKind;
  readonly url: string;
  readonly options?: LoadOptions;
  readonly config?: Partial<HlsConfig>;
  /** What hls.js does once the answer has begun. */
  readonly midway?: "abort" | "destroy";
}

export interface Loaded {
  /** What the loader said, in order, and the code of its error. */
  readonly said: readonly string[];
  readonly code: number | undefined;
  readonly sha256: string | undefined;
  /** Whether what went through `onProgress` is what was delivered. */
  readonly progressed: boolean | undefined;
  readonly startedAtOnce: boolean;
  readonly inOrder: boolean;
  readonly aborted: boolean;
  readonly loaded: number;
  readonly total: number;
  /** `config.timeout`, which hls.js prints. */
  readonly timeout: number;
  readonly sameStats: boolean;
}

export async function loadWith({ kind, url, options, config, midway }: LoadRequest): Promise<Loaded> {
  const { hls } = await createPlayer("1.7", kind === "xhr" || kind === "fetch" ? "plain" : kind, "attach", config);
  hls.loadSource(url);
  await once(hls, "hlsLevelUpdated");
  if (kind === "xhr") hls.config.fLoader = asFragmentLoader(XhrLoader);
  if (kind === "fetch") hls.config.fLoader = asFragmentLoader(FetchLoader);
  const frag = hls.levels[0]?.details?.fragments[1];
  if (!frag) throw new Error("the playlist is empty");
  const load = loadFragment(hls, frag, options);
  const { stats } = load.loader;
  const startedAtOnce = stats.loading.start > 0;
  const beforeEnd = load.said.length;
  if (midway) {
    await answerBegun(stats);
    load.loader[midway]();
  }
  if (midway !== "destroy") await load.ended;
  // Whatever would come after the end comes now.
  await new Promise((resolve) => setTimeout(resolve, midway ? 200 : 20));
  const sha256 = load.data && (await digest(load.data));
  const { start, first, end } = stats.loading;
  const result: Loaded = {
    said: load.said.map((word, index) => (index < beforeEnd && word !== "started" ? `${word} too early` : word)),
    code: load.error?.code,
    sha256,
    progressed: options?.withProgress ? load.progressed.length === 1 && load.progressed[0] === load.data : undefined,
    startedAtOnce,
    inOrder: load.data === undefined || (start <= first && first <= end),
    aborted: stats.aborted,
    loaded: stats.loaded,
    total: stats.total,
    timeout: load.config.timeout,
    sameStats: frag.stats === stats,
  };
  hls.destroy();
  return result;
}

const asFragmentLoader = (Loader: Hls["config"]["loader"]): FragmentLoaderConstructor =>
  Loader as FragmentLoaderConstructor;

async function answerBegun({ loading }: { readonly loading: { readonly first: number } }): Promise<void> {
  while (loading.first === 0) await new Promise((resolve) => setTimeout(resolve, 5));
}
