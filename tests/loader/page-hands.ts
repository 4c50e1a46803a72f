/** What a page has its own hand in: each way that hls.js offers to change a request, leaving its name in the URL. */
import type Hls from "hls.js";
import type { FragmentLoaderConstructor, FragmentLoaderContext, HlsConfig, Loader } from "hls.js";
import { HLS, type Version } from "./page-players.ts";

/** `around`: a loader put around ours, once ours is in; `CMCD around`: hls.js's own doing so. */
export type Hand = "xhrSetup" | "fetchSetup" | "loader" | "fLoader" | "CMCD" | "around" | "CMCD around";

export function configOf(version: Version, hand: Hand | undefined): Partial<HlsConfig> {
  const { loader } = HLS[version].DefaultConfig;
  switch (hand) {
    case "xhrSetup":
      return {
        xhrSetup: (xhr, url) => {
          xhr.open("GET", signed(url, hand), true);
        },
      };
    case "fetchSetup":
      return { fetchSetup: ({ url }, init: RequestInit) => new Request(signed(url, hand), init) };
    case "loader":
      return { loader: signing(loader as FragmentLoaderConstructor, hand) };
    case "fLoader":
      return { fLoader: signing(loader as FragmentLoaderConstructor, hand) };
    case "CMCD":
      return { cmcd: {} };
    default:
      return {};
  }
}

/** Does what comes after us. */
export function goAround(hls: Hls, version: Version, hand: Hand | undefined): void {
  const { config } = hls;
  if (hand === "around" && config.fLoader) config.fLoader = signing(config.fLoader, hand);
  if (hand === "CMCD around") {
    config.cmcd = {};
    const Controller = HLS[version].DefaultConfig.cmcdController;
    if (Controller) new Controller(hls);
  }
}

const signing = (Base: FragmentLoaderConstructor, hand: Hand): FragmentLoaderConstructor =>
  class extends Base {
    override load(context: FragmentLoaderContext, ...rest: LoadRest): void {
      context.url = signed(context.url, hand);
      super.load(context, ...rest);
    }
  };

type LoadRest = Parameters<Loader<FragmentLoaderContext>["load"]> extends [unknown, ...infer Rest] ? Rest : never;

function signed(url: string, hand: Hand): string {
  const changed = new URL(url);
  changed.searchParams.set("by", hand);
  return changed.href;
}
