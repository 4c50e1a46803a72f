/** One Chromium, one context a viewer: nothing is shared between viewers but the machine. */
import type { Browser, CDPSession, Page } from "playwright-core";
import { launchChromium } from "../../testkit/chromium.ts";
import type { PageReport, PageSetup } from "./pages/page-api.ts";

export class ViewerBrowser {
  readonly #browser: Browser;

  private constructor(browser: Browser) {
    this.#browser = browser;
  }

  static async launch(): Promise<ViewerBrowser> {
    return new ViewerBrowser(await launchChromium());
  }

  get version(): string {
    return this.#browser.version();
  }

  /** Loads the page; playback begins with `start`. */
  async openViewer(label: string, pageUrl: string): Promise<BrowserViewer> {
    // Not in the URL, which would make it another stream, and not in a header, which would cost a preflight.
    const context = await this.#browser.newContext({ userAgent: `hls-viewer/${label}` });
    const page = await context.newPage();
    const devtools = await context.newCDPSession(page);
    await devtools.send("Performance.enable");
    await page.goto(pageUrl, { waitUntil: "load" });
    return new BrowserViewer(label, page, devtools);
  }

  async close(): Promise<void> {
    await this.#browser.close();
  }
}

/** One viewer, driven from outside. */
export class BrowserViewer {
  readonly label: string;
  readonly #page: Page;
  readonly #devtools: CDPSession;

  constructor(label: string, page: Page, devtools: CDPSession) {
    this.label = label;
    this.#page = page;
    this.#devtools = devtools;
  }

  async start(setup: PageSetup): Promise<void> {
    await this.#page.evaluate((given) => {
      globalThis.viewerPage.start(given);
    }, setup);
  }

  async report(readChannels: boolean): Promise<PageReport> {
    return this.#page.evaluate((given) => globalThis.viewerPage.report(given), readChannels);
  }

  /** Main-thread time so far, in seconds. */
  async taskSeconds(): Promise<number> {
    return this.#metric("TaskDuration");
  }

  /** JavaScript heap that is in use after a collection. Buffers of media are outside of it. */
  async heapBytes(): Promise<number> {
    await this.#devtools.send("HeapProfiler.collectGarbage");
    return this.#metric("JSHeapUsedSize");
  }

  /** The renderer dies at once: no `pagehide`, no goodbye. */
  async crash(): Promise<void> {
    const crashed = new Promise<void>((resolve) => {
      this.#page.once("crash", () => {
        resolve();
      });
    });
    // Never answered: there is nobody left to answer.
    this.#devtools.send("Page.crash").catch(() => undefined);
    await crashed;
  }

  async #metric(name: string): Promise<number> {
    const { metrics } = await this.#devtools.send("Performance.getMetrics");
    const metric = metrics.find((one) => one.name === name);
    if (!metric) throw new Error(`Chromium has no metric ${name}`);
    return metric.value;
  }
}
