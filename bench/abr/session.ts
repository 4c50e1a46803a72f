/** One script from the seeders' start to the last reading: plain and ours play it at the same time, in one browser. */
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { build } from "esbuild";
import { mkdir, writeFile } from "node:fs/promises";
import type { Browser, Page } from "playwright-core";
import { startTracker } from "../browser/tracker.ts";
import type { Cdn, openCdn as OpenCdn } from "./cdn.d.mts";
import { figuresOf, type Figures } from "./figures.ts";
import type { PlayerReport, PlayerSetup } from "./pages/page-api.ts";
import { LEVELS, type Script } from "./scripts.ts";

export interface Surroundings {
  readonly root: string;
  /** Where the viewers' page was built to. */
  readonly pages: string;
  readonly openCdn: typeof OpenCdn;
}

export interface ScriptResult {
  readonly name: string;
  readonly plain: Figures;
  readonly swarm: Figures;
  /** hls.js's estimate after each fragment, bits per second. */
  readonly estimates: { readonly plain: readonly number[]; readonly swarm: readonly number[] };
}

/** Bundles the viewers' page with the library of dist/ into `target`. */
export async function buildPage(root: string, target: string): Promise<void> {
  await mkdir(target, { recursive: true });
  await build({
    entryPoints: [path.join(root, "bench/abr/pages/viewer.ts")],
    outdir: target,
    bundle: true,
    minify: true,
    format: "iife",
    target: "chrome120",
    logLevel: "error",
    alias: { "hls-swarm": path.join(root, "dist/hls-swarm.js") },
  });
  await writeFile(path.join(target, "viewer.html"), HTML);
}

export async function playScript(
  script: Script,
  browser: Browser,
  { root, pages, openCdn }: Surroundings,
): Promise<ScriptResult> {
  const closers: (() => Promise<void>)[] = [];
  try {
    const title = { segmentSeconds: SEGMENT_SECONDS, seconds: script.seconds + BUFFER_SECONDS + SEGMENT_SECONDS };
    const cdn = await openCdn({ root, pages, levels: LEVELS, ...title });
    closers.push(() => cdn.close());
    const tracker = await startTracker("hls-swarm", root);
    closers.push(() => tracker.kill());
    const open = async (label: string): Promise<Page> => {
      const page = await openPage(browser, label, cdn);
      closers.push(() => page.context().close());
      return page;
    };
    const setup: PlayerSetup = {
      ...{ streamUrl: cdn.streamUrl, trackerUrl: tracker.url, bufferSeconds: BUFFER_SECONDS },
      ...{ seededLevel: undefined, uplinkBitsPerSecond: 0 },
    };
    await seed(await open("seeder"), { ...setup, uplinkBitsPerSecond: script.seederBitsPerSecond }, title.seconds);
    const [plain, swarm] = [await open("plain"), await open("swarm")];
    await sleep(QUIET_MS);
    await Promise.all([
      follow(script, cdn),
      start(plain, { ...setup, trackerUrl: "" }),
      start(swarm, setup),
      sleep(script.seconds * 1000),
    ]);
    const [plainReport, swarmReport] = await Promise.all([reportOf(plain), reportOf(swarm)]);
    return {
      name: script.name,
      plain: figuresOf(plainReport, LEVELS.length),
      swarm: figuresOf(swarmReport, LEVELS.length),
      estimates: { plain: plainReport.estimates, swarm: swarmReport.estimates },
    };
  } finally {
    for (const close of closers.reverse()) await close();
  }
}

/** The CDN as the script has it, to its end. */
async function follow(script: Script, cdn: Cdn): Promise<void> {
  const beganAt = performance.now();
  for (const { atSeconds, bitsPerSecond } of script.cdn) {
    await sleep(Math.max(0, beganAt + atSeconds * 1000 - performance.now()));
    cdn.setRate(bitsPerSecond);
  }
}

/** A seeder for each level; returns once each holds the whole title. */
async function seed(page: Page, setup: PlayerSetup, seconds: number): Promise<void> {
  for (const seededLevel of LEVELS.keys()) await start(page, { ...setup, seededLevel, bufferSeconds: seconds });
  await page.waitForFunction(
    (end) => globalThis.abrPage.report().every(({ bufferedSeconds }) => bufferedSeconds >= end),
    seconds - SEGMENT_SECONDS,
    { polling: POLL_MS },
  );
}

async function openPage(browser: Browser, label: string, cdn: Cdn): Promise<Page> {
  // The label is not in the URL, which would make it another stream.
  const context = await browser.newContext({ userAgent: `hls-viewer/${label}` });
  const page = await context.newPage();
  await page.goto(`${cdn.url}/pages/viewer.html`, { waitUntil: "load" });
  return page;
}

const start = (page: Page, setup: PlayerSetup): Promise<void> =>
  page.evaluate((given) => {
    globalThis.abrPage.start(given);
  }, setup);

async function reportOf(page: Page): Promise<PlayerReport> {
  const [report] = await page.evaluate(() => globalThis.abrPage.report());
  if (!report) throw new Error("a page without a player");
  return report;
}

const HTML = `<!doctype html>
<meta charset="utf-8">
<title>viewer</title>
<link rel="icon" href="data:,">
<body>
<script src="viewer.js"></script>
`;

const SEGMENT_SECONDS = 2;
/** hls.js's own 30 s would hide most of what a script does: it holds what was loaded while the CDN was good. */
const BUFFER_SECONDS = 12;
/** Between the last page's load and the start. */
const QUIET_MS = 1000;
const POLL_MS = 200;
