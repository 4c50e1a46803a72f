/** One contender's run from the first viewer's start to the last reading. Records; what it means is for figures.ts. */
import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { createOrigin as CreateOrigin, RunningOrigin } from "../../testkit/origin/origin.d.mts";
import { ViewerBrowser } from "./browser.ts";
import type { Contender } from "./contenders.ts";
import { isKilledBy, strike } from "./fault.ts";
import type { OriginRecord, RunRecord } from "./figures.ts";
import { MachineWatch, type MachineFacts } from "./machine.ts";
import type { BenchOptions, Fault } from "./options.ts";
import type { PageSetup } from "./pages/page-api.ts";
import { SETTLE_MS } from "./steady-state.ts";
import { startTracker } from "./tracker.ts";
import { WatchedViewer } from "./watched-viewer.ts";

export interface Surroundings {
  readonly root: string;
  /** Where the pages were built to. */
  readonly pages: string;
  readonly createOrigin: typeof CreateOrigin;
  readonly log: (line: string) => void;
}

export interface SessionResult {
  readonly run: RunRecord;
  readonly machine: MachineFacts;
  readonly chromium: string;
  /** What a reader of the figures should know. */
  readonly warnings: readonly string[];
}

export async function runSession(
  contender: Contender,
  options: BenchOptions,
  surroundings: Surroundings,
): Promise<SessionResult> {
  const closers: (() => Promise<void>)[] = [];
  try {
    return await playSession(contender, options, surroundings, closers);
  } finally {
    for (const close of closers.reverse()) await close();
  }
}

async function playSession(
  contender: Contender,
  options: BenchOptions,
  surroundings: Surroundings,
  closers: (() => Promise<void>)[],
): Promise<SessionResult> {
  const epochMs = Date.now() - STREAM_AGE_MS;
  const origin = await openOrigin(options, surroundings, epochMs);
  closers.push(() => origin.close());
  const tracker = contender.tracker && (await startTracker(contender.tracker, surroundings.root));
  if (tracker) closers.push(() => tracker.kill());
  const browser = await ViewerBrowser.launch();
  closers.push(() => browser.close());
  const viewers = await openViewers(browser, contender, options, origin);

  const setup: PageSetup = {
    streamUrl: options.mode === "live" ? origin.liveUrl : origin.vodUrl,
    trackerUrl: tracker?.url ?? "",
    hls: contender.hls,
    engine: contender.engine,
    uplinkBitsPerSecond: options.uplinkBitsPerSecond,
  };
  const watch: Watch = {
    beganAt: Date.now(),
    ms: options.seconds * 1000,
    newestEndAt: (now) => now - ((now - epochMs) % (options.segmentSeconds * 1000)),
    say: (line) => {
      surroundings.log(`${contender.name}: ${line}`);
    },
  };
  const machine = new MachineWatch();
  const [faultAt] = await Promise.all([
    strikeHalfway(options.fault, watch, { origin, tracker, viewers }),
    joinAll(viewers, setup, options.staggerMs),
    watchAll(viewers, origin, watch),
  ]);
  const segmentBytes = origin.counters().segmentBytes;
  await Promise.all(viewers.map((viewer) => viewer.finish()));
  const facts = machine.stop();
  return {
    run: {
      name: contender.name,
      beganAt: watch.beganAt,
      live: options.mode === "live",
      viewers: viewers.map((viewer) => viewer.record()),
      origin: recordOf(origin, segmentBytes),
      faultAt,
    },
    machine: facts,
    chromium: browser.version,
    warnings: warningsOf(contender, viewers, facts),
  };
}

/** When a run began, how long it lasts, and what is needed to follow it. */
interface Watch {
  readonly beganAt: number;
  readonly ms: number;
  /** Where the newest media that the origin lists at an instant ends. */
  readonly newestEndAt: (now: number) => number;
  readonly say: (line: string) => void;
}

function openOrigin(
  options: BenchOptions,
  { createOrigin, pages }: Surroundings,
  epochMs: number,
): Promise<RunningOrigin> {
  return createOrigin({
    pictures: "light",
    segmentSeconds: options.segmentSeconds,
    bitsPerSecond: STREAM_BITS_PER_SECOND,
    windowSegments: Math.max(WINDOW_SEGMENTS_MIN, Math.ceil(WINDOW_SECONDS / options.segmentSeconds)),
    vodSeconds: VOD_SECONDS,
    epochMs,
    signed: true,
    latencyMs: LATENCY_MS,
    jitterMs: JITTER_MS,
    bitsPerSecondPerConnection: BITS_PER_SECOND_PER_CONNECTION,
    keepLog: true,
    mounts: { "/viewer": pages },
  });
}

/** All pages are there before the first viewer starts: launching renderers would spoil each other's start-up times. */
async function openViewers(
  browser: ViewerBrowser,
  contender: Contender,
  options: BenchOptions,
  origin: RunningOrigin,
): Promise<readonly WatchedViewer[]> {
  const viewers: WatchedViewer[] = [];
  for (let i = 0; i < options.viewers; i++) {
    const label = `${contender.name}-${String(i)}`;
    const page = await browser.openViewer(label, `${origin.url}/viewer/${contender.page}.html`);
    viewers.push(new WatchedViewer(page, isKilledBy(options.fault, i)));
  }
  await sleep(QUIET_MS);
  return viewers;
}

async function watchAll(viewers: readonly WatchedViewer[], origin: RunningOrigin, watch: Watch): Promise<void> {
  const endsAt = watch.beganAt + watch.ms;
  let isMeasured = false;
  for (let tick = 1; Date.now() < endsAt; tick++) {
    await sleepUntil(Math.min(watch.beganAt + tick * POLL_EVERY_MS, endsAt));
    await Promise.all(viewers.map((viewer) => viewer.poll(watch.newestEndAt)));
    if (!isMeasured && viewers.every((viewer) => viewer.hasPlayedFor(SETTLE_MS))) {
      isMeasured = true;
      await Promise.all(viewers.map((viewer) => viewer.beginCpu()));
    }
    if (tick % TELL_EVERY_TICKS === 0) watch.say(progressOf(viewers, origin));
  }
}

/** Returns when it struck. */
async function strikeHalfway(
  fault: Fault | undefined,
  watch: Watch,
  victims: Parameters<typeof strike>[1],
): Promise<number | undefined> {
  if (!fault) return undefined;
  await sleepUntil(watch.beganAt + watch.ms / 2);
  watch.say(`${fault} now`);
  const struckAt = Date.now();
  await strike(fault, victims);
  return struckAt;
}

async function joinAll(viewers: readonly WatchedViewer[], setup: PageSetup, staggerMs: number): Promise<void> {
  const beganAt = Date.now();
  for (const [i, viewer] of viewers.entries()) {
    await sleepUntil(beganAt + i * staggerMs);
    await viewer.start(setup);
  }
}

function recordOf(origin: RunningOrigin, segmentBytes: ReadonlyMap<number, number>): OriginRecord {
  const firstAskedAt = new Map<number, number>();
  for (const { segment, startedAt } of origin.log)
    firstAskedAt.set(segment, Math.min(startedAt, firstAskedAt.get(segment) ?? Infinity));
  return {
    segmentBytes,
    firstAskedAt,
    sizeOf: (sequence) => origin.segment(sequence).byteLength,
    sha1Of: (sequence) => createHash("sha1").update(origin.segment(sequence)).digest("hex"),
  };
}

function progressOf(viewers: readonly WatchedViewer[], origin: RunningOrigin): string {
  const playing = viewers.filter((viewer) => viewer.isPlaying).length;
  return `${String(playing)} playing, ${(origin.counters().totalBytes / 1e6).toFixed(1)} MB from the origin`;
}

function warningsOf(contender: Contender, viewers: readonly WatchedViewer[], machine: MachineFacts): string[] {
  const warnings: string[] = [];
  if (contender.tracker && viewers.length > 1 && viewers.every((viewer) => viewer.connectionsMade === 0))
    warnings.push("no peer connection was made: WebRTC needs a network interface with a default route");
  const silent = viewers.filter((viewer) => !viewer.isPlaying).length;
  if (silent > 0) warnings.push(`${String(silent)} viewers never played`);
  const errors = new Set(viewers.flatMap((viewer) => viewer.errors));
  if (errors.size > 0) warnings.push(`fatal errors of hls.js: ${[...errors].join(", ")}`);
  if (machine.busyShare > BUSY_SHARE_MAX)
    warnings.push(`the machine was ${(100 * machine.busyShare).toFixed(0)} % busy: start-up and stalls are its own`);
  if ((machine.foreignCores ?? 0) > FOREIGN_CORES_MAX)
    warnings.push(`other programs used ${(machine.foreignCores ?? 0).toFixed(1)} cores`);
  return warnings;
}

const sleepUntil = (at: number): Promise<void> => sleep(Math.max(0, at - Date.now()));

/** The stream: what a modest live channel is, and enough to make peers worth while. */
const STREAM_BITS_PER_SECOND = 1_200_000;
/** The live playlist. Long enough for the rival, whose default keeps a whole one of distance. */
const WINDOW_SECONDS = 40;
const WINDOW_SEGMENTS_MIN = 15;
const VOD_SECONDS = 240;
/** How old the live stream is at the start: its playlist is full. */
const STREAM_AGE_MS = 3_600_000;
/** The way to the CDN: a near edge server, an ordinary line. */
const LATENCY_MS = 30;
const JITTER_MS = 5;
const BITS_PER_SECOND_PER_CONNECTION = 20_000_000;
/** Between the last page's load and the first viewer's start. */
const QUIET_MS = 1500;
const POLL_EVERY_MS = 1000;
const TELL_EVERY_TICKS = 10;
/** Above these, times say more about the machine than about the contender. */
const BUSY_SHARE_MAX = 0.85;
const FOREIGN_CORES_MAX = 0.3;
