/** One Chromium and two trackers, for the kinds of streams that one test file plays: each viewer in a page of its own. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll } from "vitest";
import { startTracker, type RunningTracker } from "../../src/tracker-server/index.ts";
import { bundleForPage } from "../bundle.ts";
import { launchChromium } from "../chromium.ts";
import type { Watched, WatchOptions } from "./page.ts";
import { createStreamOrigin, type StreamOrigin } from "./stream-origin.ts";
import type { StreamKind } from "./stream-kind.ts";

/** Plain hls.js, a viewer that nobody else meets, and three who meet. */
export const VIEWERS = ["plain", "alone", "one", "two", "three"] as const;
export const SWARM = ["one", "two", "three"] as const;
export type Viewer = (typeof VIEWERS)[number];

export interface Show {
  readonly origin: StreamOrigin;
  watchedBy(viewer: Viewer): Watched;
}

export interface Stage {
  /** hls.js and Chromium. */
  readonly versions: string;
  play(kind: StreamKind): Promise<Show>;
}

export function useStage(): Stage {
  let browser: Browser;
  let script: string;
  let hlsVersion = "";
  let trackers: { readonly lonely: RunningTracker; readonly common: RunningTracker };

  beforeAll(async () => {
    const options = { port: 0, host: "127.0.0.1" };
    const [started, bundled, lonely, common] = await Promise.all([
      launchChromium(),
      bundleForPage(new URL("page.ts", import.meta.url), "Streams"),
      startTracker(options),
      startTracker(options),
    ]);
    browser = started;
    script = bundled;
    trackers = { lonely, common };
  });
  afterAll(async () => {
    await browser.close();
    await Promise.all([trackers.lonely.close(), trackers.common.close()]);
  });

  const trackerOf = (viewer: Viewer): string | undefined => {
    if (viewer === "plain") return undefined;
    return viewer === "alone" ? trackers.lonely.url : trackers.common.url;
  };

  async function enter(viewer: Viewer, kind: StreamKind, origin: StreamOrigin): Promise<Page> {
    const context = await browser.newContext({ userAgent: `hls-viewer/${viewer}` });
    const page = await context.newPage();
    await page.goto(new URL("/", origin.url).href);
    await page.addScriptTag({ content: script });
    const { watch, unshared, playable = true, reloads = false } = kind;
    const options: WatchOptions = {
      url: origin.url,
      tracker: trackerOf(viewer),
      unshared,
      reloads,
      rate: watch === undefined ? VOD_RATE : 1,
      seconds: watch === undefined || watch === "live to its end" ? undefined : LIVE_SECONDS,
      patienceMs: playable ? PATIENCE_MS : FAILURE_MS,
      leaves: viewer === "plain" || viewer === "alone",
      seeksBack: watch === "10 s live, seeking back",
    };
    await page.evaluate(`Streams.begin(${JSON.stringify(options)})`);
    hlsVersion = await page.evaluate("Streams.version");
    return page;
  }

  const shows: Promise<unknown>[] = [];
  function play(kind: StreamKind): Promise<Show> {
    const before = shows[shows.length - AT_ONCE] ?? Promise.resolve();
    const show = before.then(() => perform(kind));
    shows.push(show.catch(() => undefined)); // whoever asked for it is told
    return show;
  }

  async function perform(kind: StreamKind): Promise<Show> {
    const origin = await createStreamOrigin(kind);
    const pages: Page[] = [];
    try {
      pages.push(...(await Promise.all((["plain", "alone", "one"] as const).map((who) => enter(who, kind, origin)))));
      // These come when the first one has a segment, as into a swarm that is not all new.
      pages.push(...(await Promise.all((["two", "three"] as const).map((who) => enter(who, kind, origin)))));
      const watched = await Promise.all(pages.map((page): Promise<Watched> => page.evaluate("Streams.watched()")));
      const watchedBy = (viewer: Viewer): Watched => {
        const found = watched[VIEWERS.indexOf(viewer)];
        if (!found) throw new Error(`${viewer} saw nothing`);
        return found;
      };
      return { origin, watchedBy };
    } finally {
      await Promise.all(pages.map((page) => page.context().close()));
      await origin.close();
    }
  }

  return {
    get versions() {
      return `hls.js ${hlsVersion}, Chromium ${browser.version().split(".")[0] ?? ""}`;
    },
    play,
  };
}

const LIVE_SECONDS = 10;
const VOD_RATE = 2;
const PATIENCE_MS = 40_000;
/** Long enough to fail in. */
const FAILURE_MS = 5000;
/** As many as two cores play without stalls. */
const AT_ONCE = 2;
