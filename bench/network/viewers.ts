/** The two kinds of viewers as the benchmark holds them: a Node process, and a Chromium that only its network tells apart. */
import { chmodSync, writeFileSync } from "node:fs";
import path from "node:path";
import { chromium, type Browser, type Page } from "playwright-core";
import { findChromium } from "../../scripts/find-chromium.mjs";
import { CHROMIUM_ARGUMENTS } from "../../testkit/chromium.ts";
import { ask } from "./conversation.ts";
import type { ShapedNetwork } from "./shaped-network.ts";
import { isViewerReport, type ViewerReport, type ViewerSetup } from "./viewer/viewer-report.ts";

/** A viewer that is there but does not play before `start`. Who opened it closes it. */
export interface Viewer {
  start(): Promise<void>;
  report(): Promise<ViewerReport>;
  close(): Promise<void>;
}

export interface Place {
  readonly network: ShapedNetwork;
  readonly line: number;
  /** Where built files are. */
  readonly cache: string;
}

export async function openNodeViewer({ network, line, cache }: Place, setup: ViewerSetup): Promise<Viewer> {
  const child = network.startNode(line, path.join(cache, "node-viewer.mjs"), setup);
  await ask(child, "ready");
  return {
    start: async () => {
      await ask(child, "start");
    },
    report: async () => {
      const report = await ask(child, "report");
      if (!isViewerReport(report)) throw new Error(`viewer ${setup.index} tells nothing`);
      return report;
    },
    close: () => Promise.resolve(), // ends with its network
  };
}

export async function openWitness(place: Place, setup: ViewerSetup, pageUrl: string): Promise<Viewer> {
  const browser = await launchAt(place);
  const page = await openPage(browser, pageUrl);
  return {
    start: () =>
      page.evaluate((given) => {
        globalThis.networkViewer.start(given);
      }, setup),
    report: () => page.evaluate(() => globalThis.networkViewer.report()),
    close: () => browser.close(),
  };
}

/** A browser at the end of a line. Playwright starts a program by its path alone, so the path is a script's. */
async function launchAt({ network, line, cache }: Place): Promise<Browser> {
  const script = path.join(cache, `chromium-${line}.sh`);
  const command = [...network.prefixFor(line), findChromium() ?? "chromium"].join(" ");
  writeFileSync(script, `#!/bin/sh\nexec ${command} "$@"\n`);
  chmodSync(script, 0o755);
  return chromium.launch({
    executablePath: script,
    headless: true,
    args: [...CHROMIUM_ARGUMENTS],
    // Whoever opens viewers closes them; Playwright's own handlers would race with that.
    ...{ handleSIGINT: false, handleSIGTERM: false, handleSIGHUP: false },
  });
}

async function openPage(browser: Browser, url: string): Promise<Page> {
  try {
    const page = await browser.newPage();
    await page.goto(url, { waitUntil: "load" });
    return page;
  } catch (error) {
    await browser.close();
    throw error;
  }
}
