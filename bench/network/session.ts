/** One run from the first line of the network to the last reading. Records; what it means is for figures.ts. */
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { MachineWatch, type MachineFacts } from "../browser/machine.ts";
import { ask } from "./conversation.ts";
import type { Reading, RunRecord } from "./figures.ts";
import type { BenchOptions } from "./options.ts";
import { planOf, populationOf, type Member } from "./plan.ts";
import { isServersReport, type ServersReport, type ServersSetup } from "./servers-report.ts";
import { ShapedNetwork, type AccessLine } from "./shaped-network.ts";
import { openNodeViewer, openWitness, type Viewer } from "./viewers.ts";
import type { ViewerSetup } from "./viewer/viewer-report.ts";

export interface Surroundings {
  /** Where everything was built to. */
  readonly cache: string;
  readonly log: (line: string) => void;
  /** Aborted when the run is to end before its time. */
  readonly signal: AbortSignal;
}

export interface SessionResult {
  readonly run: RunRecord;
  readonly machine: MachineFacts;
}

export async function runSession(options: BenchOptions, surroundings: Surroundings): Promise<SessionResult> {
  const closers: (() => Promise<void>)[] = [];
  try {
    return await playSession(options, surroundings, closers);
  } finally {
    // Whatever one of them says, the others are closed too.
    for (const close of closers.reverse()) await close().catch((error: unknown) => surroundings.log(String(error)));
  }
}

async function playSession(
  options: BenchOptions,
  { cache, log, signal }: Surroundings,
  closers: (() => Promise<void>)[],
): Promise<SessionResult> {
  const beganAt = performance.now();
  const population = populationOf(options);
  const network = await ShapedNetwork.open(path.join(cache, "switch"), linesOf(options, population), options.seed);
  closers.push(() => network.close());
  const epochMs = Date.now() - STREAM_AGE_MS;
  const { segmentSeconds, bitsPerSecond } = options;
  const servers = network.startNode(SERVERS_LINE, path.join(cache, "servers.mjs"), {
    ...{ address: network.addressOf(SERVERS_LINE), segmentSeconds, bitsPerSecond, epochMs },
    pages: path.join(cache, "pages"),
  } satisfies ServersSetup);
  const askServers = async (): Promise<ServersReport> => {
    const report = await ask(servers, "report");
    if (!isServersReport(report)) throw new Error("the origin tells nothing");
    return report;
  };
  const { streamUrl, trackerUrl, pageUrl } = await askServers();

  const viewers: Viewer[] = [];
  for (const [index, { isWitness, uploadBitsPerSecond }] of population.entries()) {
    signal.throwIfAborted();
    const { behindSeconds } = options;
    const setup: ViewerSetup = { index, streamUrl, trackerUrl, behindSeconds, upload: uploadBitsPerSecond > 0 };
    const place = { network, line: lineOf(index), cache };
    const viewer = await (isWitness ? openWitness(place, setup, pageUrl) : openNodeViewer(place, setup));
    closers.push(() => viewer.close());
    viewers.push(viewer);
  }
  const read = async (): Promise<Reading> => {
    const [origin, ...reports] = await Promise.all([askServers(), ...viewers.map((viewer) => viewer.report())]);
    return { at: Date.now(), origin, viewers: reports };
  };
  log(`${viewers.length} viewers are there; warming up for ${planOf(options).warmupSeconds} s`);
  const startedAt = Date.now();
  for (const viewer of viewers) {
    await viewer.start();
    await sleep(JOIN_SPAN_MS / viewers.length, undefined, { signal });
  }
  await sleep(startedAt + planOf(options).warmupSeconds * 1000 - Date.now(), undefined, { signal });
  const machine = new MachineWatch();
  const before = await read();
  const endsAt = before.at + options.seconds * 1000;
  let after = before;
  while (after.at < endsAt) {
    await sleep(Math.min(TELL_EVERY_MS, endsAt - after.at), undefined, { signal });
    after = await read();
    log(progressOf(before, after));
  }
  return {
    run: {
      ...{ options, population, epochMs, before, after },
      wallMs: performance.now() - beganAt,
      switchReports: network.reports,
      lineOf,
    },
    machine: machine.stop(),
  };
}

/** The servers' line first: it has room for everybody, and is as far away as any viewer. */
function linesOf(options: BenchOptions, population: readonly Member[]): AccessLine[] {
  const { roundTripMs, lossShare } = options;
  // A path leads over two lines, there and back.
  const common = { delayMs: roundTripMs / 4, lossShare, queueMs: planOf(options).network.queueMs };
  return [
    { ...common, uplinkBitsPerSecond: 0, downlinkBitsPerSecond: 0 },
    ...population.map(({ uplinkBitsPerSecond, downlinkBitsPerSecond }) => ({
      ...{ ...common, uplinkBitsPerSecond, downlinkBitsPerSecond },
    })),
  ];
}

function progressOf(before: Reading, after: Reading): string {
  const playing = after.viewers.filter(({ startedAt }) => startedAt !== undefined).length;
  const megabytes = (after.origin.originBytes - before.origin.originBytes) / 1e6;
  const seconds = Math.round((after.at - before.at) / 1000);
  return `${seconds} s: ${playing} playing, ${megabytes.toFixed(1)} MB from the origin`;
}

const SERVERS_LINE = 0;
const lineOf = (viewer: number): number => viewer + 1;
/** How old the live stream is at the start: its playlist is full. */
const STREAM_AGE_MS = 3_600_000;
/** All viewers come within this time: one segment or two, as in the simulator. */
const JOIN_SPAN_MS = 4000;
const TELL_EVERY_MS = 10_000;
