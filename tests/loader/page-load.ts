/** Loads of single fragments, by hls.js's own loaders and by ours, told in the same words. */
import type Hls from "hls.js";
import type { Fragment, FragmentLoaderConstructor, HlsConfig, Part } from "hls.js";
import { PlayerSwarm } from "../../src/loader/player-swarm.ts";
import { loadFragment, type LoadOptions, type LoadRecord } from "../../testkit/headless-player.ts";
import { configOf, goAround, type Hand } from "./page-hands.ts";
import { PeeredDriver } from "./page-peers.ts";
import { createPlayer, digest, HLS, once, type Engine, type Version } from "./page-players.ts";

/** hls.js's own loaders; ours over each driver; ours when peers bring everything, or half of it. */
export type LoaderKind = "xhr" | "fetch" | Exclude<Engine, "plain"> | "peers" | "half";

/** What hls.js does with a loader besides loading with it once. */
export type Act = "abort" | "destroy" | "load";

export interface LoadRequest {
  readonly version: Version;
  readonly kind: LoaderKind;
  readonly url: string;
  readonly config?: Partial<HlsConfig>;
  readonly hand?: Hand;
  readonly options?: Omit<LoadOptions, "before">;
  /** Default: the second segment. */
  readonly what?: "segment" | "init" | "part" | "bandwidth test";
  /** Before it loads. */
  readonly before?: "abort";
  readonly atOnce?: Act;
  /** Once the answer has begun. */
  readonly midway?: Act;
  readonly after?: Act;
}

export interface Loaded {
  /** What the loader said, in order; progress once, however often. */
  readonly said: readonly string[];
  /** What hls.js relies on and was not so. */
  readonly broken: readonly string[];
  readonly code: number | undefined;
  readonly text: string | undefined;
  readonly url: string | undefined;
  /** Of the network details. */
  readonly status: number;
  readonly sha256: string | undefined;
  /** Of what went through `onProgress`, and in what sizes. */
  readonly progressSha256: string | undefined;
  readonly chunks: readonly number[];
  readonly aborted: boolean;
  readonly loaded: number;
  readonly total: number;
  readonly retry: number;
  /** `config.timeout`, which hls.js prints. */
  readonly timeout: number;
  /** Whether the swarm was asked, where that can be told. */
  readonly wanted: boolean;
}

export async function loadWith(request: LoadRequest): Promise<Loaded> {
  const { hls, driver } = await openFor(request);
  const loaded = await loadOne(hls, driver, request);
  hls.destroy();
  return loaded;
}

/** Loads all segments of a playlist of four and the second one again, all at once. */
export async function loadFive(request: LoadRequest): Promise<Loaded[]> {
  const { hls, driver } = await openFor(request);
  const all = await Promise.all([0, 1, 2, 3, 1].map((index) => loadOne(hls, driver, request, index)));
  hls.destroy();
  return all;
}

/** Loads a segment, does to its buffer what hls.js does, and loads it again; one more loader is never used. */
export async function loadTwice(request: LoadRequest): Promise<Loaded[]> {
  const { hls, driver } = await openFor(request);
  const both = [await loadOne(hls, driver, request), await loadOne(hls, driver, request)];
  const unused = hls.config.fLoader && new hls.config.fLoader(hls.config);
  for (const act of ["abort", "abort", "destroy", "destroy"] as const) unused?.[act]();
  hls.destroy();
  return both;
}

async function openFor({ version, kind, url, hand, ...request }: LoadRequest) {
  const config = { ...configOf(version, hand), ...request.config };
  if (kind === "peers" || kind === "half") {
    const hls = new HLS[version](config);
    const drivers: PeeredDriver[] = [];
    const swarm = new PlayerSwarm({}, (_, origin) => {
      const driver = new PeeredDriver(origin, kind === "peers" ? 1 : 0.5);
      drivers.push(driver);
      return driver;
    });
    swarm.attach(hls);
    goAround(hls, version, hand);
    hls.loadSource(url);
    await once(hls, "hlsLevelUpdated");
    return { hls, driver: drivers[0] };
  }
  const isStock = kind === "xhr" || kind === "fetch";
  const { hls } = await createPlayer(version, isStock ? "plain" : kind, "attach", config);
  if (isStock) hls.config.fLoader = stockLoader(version, kind);
  goAround(hls, version, hand);
  hls.loadSource(url);
  await once(hls, "hlsLevelUpdated");
  return { hls, driver: undefined };
}

/** 1.5 does not export its loaders, but puts the one or the other into its config. */
function stockLoader(version: Version, kind: "xhr" | "fetch"): FragmentLoaderConstructor {
  const hls = new HLS[version]({ progressive: kind === "fetch" });
  const { loader } = hls.config;
  hls.destroy();
  return loader as FragmentLoaderConstructor;
}

async function loadOne(hls: Hls, driver: PeeredDriver | undefined, request: LoadRequest, index = 1): Promise<Loaded> {
  const { options = {}, what = "segment", before, atOnce, midway, after } = request;
  const { frag, part } = pick(hls, what, index);
  if (what === "bandwidth test") frag.bitrateTest = true;
  driver?.hold(index, await bytesOf(part ?? frag));
  const broken: string[] = [];
  const startedAt = performance.now();
  const [rangeStart = 0, rangeEnd = 0] = (part ?? frag).byteRange;
  const ofPart = part && { part, url: part.url, rangeStart, rangeEnd };
  const load = loadFragment(hls, frag, {
    ...options,
    context: { ...ofPart, ...options.context },
    before: (loader) => {
      loader.stats.retry = RETRY; // as hls.js writes it before it loads
      if (before) loader[before]();
    },
  });
  const { loader, said, calls, context, config, progressed } = load;
  // 1.7's own forget theirs when they are destroyed.
  const { stats } = loader;
  const wanted = (driver?.wanted.size ?? 0) > 0;
  if (said.length > 1) broken.push("answered before load returned");
  if (stats.loading.start === 0) broken.push("not started when load returned");
  const act = (name: Act): void => {
    if (name === "load") {
      try {
        loader.load(context, config, { onSuccess: extra, onError: extra, onTimeout: extra });
        broken.push("loaded twice");
      } catch {
        said.push("refused");
      }
    } else loader[name]();
  };
  const extra = (): void => {
    broken.push("answered the second load");
  };
  if (atOnce) act(atOnce);
  if (midway) {
    while (stats.loading.first === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    act(midway);
  }
  if (atOnce !== "destroy" && midway !== "destroy") await load.ended;
  const endedAt = performance.now();
  const chunks = progressed.map(({ byteLength }) => byteLength);
  const [sha256, progressSha256] = await Promise.all([
    load.data && digest(load.data),
    progressed.length > 0 ? digest(await new Blob(progressed).arrayBuffer()) : undefined,
  ]);
  const words = said.length;
  if (after) act(after);
  // Whatever would come after the end comes now.
  await new Promise((resolve) => setTimeout(resolve, (atOnce ?? midway ?? after) ? 200 : 20));
  if (said.slice(words).some((word) => word !== "refused")) broken.push("spoke after the end");
  broken.push(...breaches(load, stats, { startedAt, endedAt }));
  if (load.data) structuredClone(load.data, { transfer: [load.data] }); // as hls.js hands it to its worker
  return {
    said: said.filter((word, at) => word !== "progress" || said[at - 1] !== "progress"),
    broken,
    code: load.error?.code,
    text: load.error?.text,
    url: load.url,
    status: statusOf(calls.at(-1)?.details),
    ...{ sha256, progressSha256, chunks, wanted },
    ...{ aborted: stats.aborted, loaded: stats.loaded, total: stats.total, retry: stats.retry },
    timeout: config.timeout,
  };
}

/** What a loader owes hls.js whatever happens. */
function breaches(
  { calls, context, data, said }: LoadRecord,
  stats: LoadRecord["loader"]["stats"],
  { startedAt, endedAt }: { readonly startedAt: number; readonly endedAt: number },
): string[] {
  const { start, first, end } = stats.loading;
  const checks: Record<string, boolean> = {
    "another stats object": calls.some((call) => call.stats !== stats),
    "another context": calls.some((call) => call.context !== context),
    "details that are none": calls.some(({ details }) => !isDetails(details)),
    "times out of order": data !== undefined && !(start <= first && first <= end),
    "times of another clock": data !== undefined && !(Math.abs(end - startedAt) < HOUR_MS && end <= endedAt),
    "more than one end": said.filter((word) => ENDS.includes(word)).length > 1,
  };
  return Object.keys(checks).filter((name) => checks[name]);
}

function pick(hls: Hls, what: LoadRequest["what"], index: number): { frag: Fragment; part: Part | undefined } {
  const details = hls.levels[0]?.details;
  const part = what === "part" ? details?.partList?.[index] : undefined;
  const frag = part?.fragment ?? details?.fragments[index];
  const picked = what === "init" ? frag?.initSegment : frag;
  if (!picked || (what === "part" && !part)) throw new Error("the playlist does not list it");
  return { frag: picked, part };
}

/** What peers have of it: how the origin serves it when it serves well. */
async function bytesOf(listed: Fragment | Part): Promise<ArrayBuffer> {
  const url = new URL(listed.url);
  url.pathname = `/well/held/${url.pathname.split("/").at(-1) ?? ""}`;
  const whole = await (await fetch(url)).arrayBuffer();
  const [start, end] = listed.byteRange;
  return whole.slice(start, end);
}

const isDetails = (details: unknown): boolean =>
  details === null || details instanceof Response || details instanceof XMLHttpRequest;

const statusOf = (details: unknown): number =>
  details instanceof Response || details instanceof XMLHttpRequest ? details.status : 0;

const ENDS = ["success", "error", "timeout", "abort"];
const RETRY = 3;
const HOUR_MS = 3_600_000;
