/** Viewers of a low-latency stream in real browsers, with or without the swarm, and what became of them. */
import { createHash } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Page } from "playwright-core";
import { bundleForPage } from "../../testkit/bundle.ts";
import { launchChromium } from "../../testkit/chromium.ts";
import { createLowLatencyOrigin } from "../../testkit/origin/low-latency.mjs";
import type { LowLatencyOptions, RunningLowLatencyOrigin } from "../../testkit/origin/low-latency.d.mts";
import { median, percentile, sum } from "../browser/statistics.ts";
import { startTracker } from "../browser/tracker.ts";
import type { PageReport, PartDelivery } from "./page.ts";

export interface LowLatencySession {
  readonly viewers: number;
  /** From the first viewer's start to the last reading. */
  readonly seconds: number;
  readonly swarm: boolean;
  readonly origin?: LowLatencyOptions;
}

/** Of the steady state: segments made well after the last viewer's start and well before the end. */
export interface LowLatencyFigures {
  readonly viewersPlaying: number;
  readonly steadySegments: number;
  /** Bytes of the origin per byte handed to players, of these segments. */
  readonly cdnPerPlayedByte: number | null;
  readonly offload: number | null;
  /** Behind live, median of the viewers' medians. */
  readonly latencySeconds: number | null;
  readonly stalls: number;
  readonly stallMs: number;
  /** From a part's making to its hand-over to hls.js. */
  readonly partAgeMsMedian: number | null;
  readonly partAgeMsP95: number | null;
  /** Share of what players took in parts rather than in whole segments. */
  readonly partShare: number | null;
  readonly alteredPieces: number;
  readonly cdnBytes: number;
  readonly playedBytes: number;
  readonly wastedBytes: number;
  readonly fatalErrors: number;
  /** Of hls.js, each kind once. */
  readonly errors: readonly string[];
}

export async function runLowLatency(session: LowLatencySession, root: string): Promise<LowLatencyFigures> {
  // Of its own, because both kinds may run at once.
  const pages = path.join(root, "node_modules/.cache/hls-swarm-low-latency", session.swarm ? "swarm" : "plain");
  await mkdir(pages, { recursive: true });
  await writeFile(path.join(pages, "page.js"), await bundleForPage(new URL("page.ts", import.meta.url), "page"));
  await writeFile(path.join(pages, "index.html"), HTML);
  const closers: (() => Promise<void>)[] = [];
  try {
    const origin = await createLowLatencyOrigin({ signed: true, ...session.origin, mounts: { "/viewer/": pages } });
    closers.push(() => origin.close());
    const tracker = session.swarm ? await startTracker("hls-swarm", root) : undefined;
    if (tracker) closers.push(() => tracker.kill());
    const browser = await launchChromium();
    closers.push(() => browser.close());
    const viewers: Page[] = [];
    for (let i = 0; i < session.viewers; i++) {
      const context = await browser.newContext({ userAgent: `hls-viewer/${String(i)}` });
      const page = await context.newPage();
      await page.goto(`${origin.url}/viewer/index.html`);
      viewers.push(page);
    }
    const endsAt = Date.now() + session.seconds * 1000;
    for (const page of viewers) {
      const setup = { streamUrl: origin.liveUrl, ...(tracker ? { trackerUrl: tracker.url } : {}) };
      await page.evaluate((given) => {
        globalThis.lowLatencyPage.start(given);
      }, setup);
      await sleep(STAGGER_MS);
    }
    await sleep(endsAt - Date.now());
    const reports = await Promise.all(viewers.map((page) => page.evaluate(() => globalThis.lowLatencyPage.report())));
    return figuresOf(reports, origin, Date.now());
  } finally {
    for (const close of closers.reverse()) await close();
  }
}

function figuresOf(
  reports: readonly PageReport[],
  origin: RunningLowLatencyOrigin,
  endedAt: number,
): LowLatencyFigures {
  const { segmentBytes, totalBytes } = origin.counters();
  const steadyFrom = Math.max(...reports.map(({ startedAt }) => startedAt ?? Infinity)) + SETTLE_MS;
  const madeAt = ({ sequence, part }: Pick<PartDelivery, "sequence" | "part">): number =>
    origin.epochMs +
    1000 * origin.segmentSeconds * (sequence + (part === undefined ? 1 : (part + 1) / origin.partsPerSegment));
  const isSteady = ({ sequence }: PartDelivery): boolean =>
    madeAt({ sequence: sequence - 1, part: undefined }) >= steadyFrom &&
    madeAt({ sequence, part: undefined }) <= endedAt - CLOSING_MS;
  const deliveries = reports.flatMap((report) => report.deliveries);
  const steady = deliveries.filter(isSteady);
  const played = sum(steady.map(({ byteLength }) => byteLength));
  const sequences = new Set(steady.map(({ sequence }) => sequence));
  const cdn = sum([...sequences].map((sequence) => segmentBytes.get(sequence) ?? 0));
  const ages = steady.filter(({ part }) => part !== undefined).map((one) => one.at - madeAt(one));
  const stalls = reports.flatMap((report) => report.stalls.filter(({ startedAt }) => startedAt >= steadyFrom));
  const latencies = reports.flatMap(
    ({ latencies }) => median(latencies.filter(({ at }) => at >= steadyFrom).map(({ seconds }) => seconds)) ?? [],
  );
  return {
    viewersPlaying: reports.filter(({ startedAt }) => startedAt !== undefined).length,
    steadySegments: sequences.size,
    cdnPerPlayedByte: played > 0 ? cdn / played : null,
    offload: played > 0 ? 1 - cdn / played : null,
    latencySeconds: median(latencies),
    stalls: stalls.length,
    stallMs: sum(stalls.map(({ ms }) => ms)),
    partAgeMsMedian: median(ages),
    partAgeMsP95: percentile(ages, 0.95),
    partShare:
      steady.length > 0 ? sum(steady.map((one) => (one.part === undefined ? 0 : one.byteLength))) / played : null,
    alteredPieces: deliveries.filter((one) => one.sha1 !== sha1Of(one, origin)).length,
    cdnBytes: totalBytes,
    playedBytes: sum(deliveries.map(({ byteLength }) => byteLength)),
    wastedBytes: sum(reports.map(({ wastedBytes }) => wastedBytes)),
    fatalErrors: reports.flatMap(({ errors }) => errors.filter((error) => error.startsWith("fatal"))).length,
    errors: [...new Set(reports.flatMap(({ errors }) => errors))],
  };
}

function sha1Of({ sequence, part }: PartDelivery, origin: RunningLowLatencyOrigin): string {
  const bytes = part === undefined ? origin.segment(sequence) : origin.part(sequence, part);
  return createHash("sha1").update(bytes).digest("hex");
}

const HTML = `<!doctype html>
<meta charset="utf-8">
<title>viewer</title>
<link rel="icon" href="data:,">
<body>
<script src="page.js"></script>
`;

/** Between two viewers' starts. */
const STAGGER_MS = 750;
/** After the last start: links are open, seats dealt. */
const SETTLE_MS = 8000;
/** Before the end, so that everybody has had time to take a segment. */
const CLOSING_MS = 4000;
