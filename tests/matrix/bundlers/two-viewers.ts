/**
 * Opens a site in two tabs, one after the other, and waits until both play and the second was given bytes by the first.
 * A site is a folder with an `index.html` that plays `?source` with the tracker `?tracker`, and says so: see SITE.
 */
import type { Browser, Page } from "playwright-core";
import { launchChromium } from "../../../testkit/chromium.ts";
import { createOrigin, type RunningOrigin } from "../../../testkit/origin/origin.mjs";
import { startTracker, type RunningTracker } from "../../../src/tracker-server/index.ts";

/** What a site's script does once it has `Hls` and `createSwarm`, however it came by them. */
export const SITE = `
  const { searchParams } = new URL(location.href);
  const swarm = createSwarm({ tracker: searchParams.get("tracker"), contentId: searchParams.get("name"), integrity: "if-signed" });
  const hls = new Hls({ ...swarm.config(Hls) });
  globalThis.viewer = { swarm, version: Hls.version, errors: [] };
  hls.on(Hls.Events.ERROR, (_, { fatal, details }) => fatal && viewer.errors.push(details));
  hls.loadSource(searchParams.get("source"));
  hls.attachMedia(document.querySelector("video"));
`;

export const VIDEO = "<!doctype html><meta charset='utf-8'><video muted autoplay playsinline></video>";

export interface Sharing {
  /** Of the second viewer. */
  readonly peerBytes: number;
  readonly originBytes: number;
  /** Of both: what each page's hls.js says it is. */
  readonly versions: readonly string[];
  readonly errors: readonly string[];
}

export class TwoViewers {
  readonly #browser: Browser;
  readonly #origin: RunningOrigin;
  readonly #tracker: RunningTracker;

  private constructor(browser: Browser, origin: RunningOrigin, tracker: RunningTracker) {
    this.#browser = browser;
    this.#origin = origin;
    this.#tracker = tracker;
  }

  /** `sites`: a folder in which each site has its own. */
  static async open(sites: string): Promise<TwoViewers> {
    const [browser, origin, tracker] = await Promise.all([
      launchChromium(),
      createOrigin({ pictures: "light", bitsPerSecond: BITS_PER_SECOND, vodSeconds: 60, mounts: { "/sites/": sites } }),
      startTracker({ port: 0, host: "127.0.0.1" }),
    ]);
    return new TwoViewers(browser, origin, tracker);
  }

  get chromium(): string {
    return `Chromium ${this.#browser.version()}`;
  }

  /** The first viewer's site, and the second's. Equal `name`s are one swarm, and no other site's. */
  async share(name: string, first: string, second = first): Promise<Sharing> {
    const pages: Page[] = [];
    try {
      for (const site of [first, second]) {
        const context = await this.#browser.newContext();
        const page = await context.newPage();
        pages.push(page);
        await page.goto(this.#address(site, name));
        await page.waitForFunction("document.querySelector('video').currentTime > 1");
      }
      await pages[1]?.waitForFunction("viewer.swarm.stats.peerBytes > 0");
      const [one, two] = await Promise.all(pages.map((page) => page.evaluate<Seen>(SEE)));
      if (!one || !two) throw new Error("nobody watches");
      return {
        ...two.stats,
        versions: [one.version, two.version],
        errors: [...one.errors, ...two.errors],
      };
    } finally {
      for (const page of pages) await page.context().close();
    }
  }

  async close(): Promise<void> {
    await this.#browser.close();
    await Promise.all([this.#origin.close(), this.#tracker.close()]);
  }

  #address(site: string, name: string): string {
    const { url, vodUrl } = this.#origin;
    const query = new URLSearchParams({ source: vodUrl, tracker: this.#tracker.url, name });
    return `${url}/sites/${site}/index.html?${String(query)}`;
  }
}

interface Seen {
  readonly stats: { readonly peerBytes: number; readonly originBytes: number };
  readonly version: string;
  readonly errors: readonly string[];
}

const SEE = `(({ swarm: { stats: { peerBytes, originBytes } }, version, errors }) =>
  ({ stats: { peerBytes, originBytes }, version, errors }))(viewer)`;

/** Segments of 125 KB: several chunks each. */
const BITS_PER_SECOND = 500_000;
