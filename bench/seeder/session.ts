/** One run: a stream and a tracker, a seeder, more and more peers, and nginx under the same load in the end. Records. */
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { MachineWatch, type MachineFacts } from "../browser/machine.ts";
import {
  bestOf,
  figuresOf,
  nextPeers,
  stageFigures,
  type Figures,
  type Reading,
  type StageFigures,
} from "./figures.ts";
import { startNginx } from "./nginx.ts";
import { PEERS_MAX, type BenchOptions } from "./options.ts";
import { Peers } from "./peers.ts";
import { cpuSecondsOf } from "./process-usage.ts";
import { Program } from "./program.ts";
import { Seeder } from "./seeder.ts";

export interface Surroundings {
  readonly root: string;
  /** For files that nobody keeps. */
  readonly cache: string;
  readonly log: (line: string) => void;
}

/** With what the machine did meanwhile. */
export interface WatchedStage extends StageFigures {
  readonly machine: MachineFacts;
}

export async function runSession(
  options: BenchOptions,
  { root, cache, log }: Surroundings,
): Promise<Figures<WatchedStage>> {
  const { segmentSeconds, bitsPerSecond, seconds, processes } = options;
  const cli = path.join(root, "dist/cli.js");
  const here = path.join(root, "bench/seeder");
  const servers = await Program.fork(path.join(here, "servers-process.mjs"), { segmentSeconds, bitsPerSecond });
  const { streamUrl, trackerUrl } = servers.last as { readonly streamUrl: string; readonly trackerUrl: string };
  const stages: WatchedStage[] = [];
  const seeder = await Seeder.open(cli, streamUrl, trackerUrl, options);
  try {
    for (let peers = nextPeers(stages, options.peers, PEERS_MAX); peers !== undefined;) {
      const crowd = await Peers.open({ cli, streamUrl, trackerUrl, peers, processes });
      const read = async (): Promise<Reading> => ({
        at: Date.now(),
        ...(await seeder.report()),
        originSentBytes: Number(await servers.ask()),
        ...crowd.report(),
      });
      try {
        await untilPlaying(crowd, peers);
        await sleep(SETTLE_SECONDS * 1000);
        const machine = new MachineWatch();
        const before = await read();
        await sleep(seconds * 1000);
        const after = await read();
        stages.push({ ...stageFigures({ peers, before, after }, bitsPerSecond), machine: machine.stop() });
      } finally {
        await crowd.close();
      }
      log(lineOf(stages));
      peers = nextPeers(stages, options.peers, PEERS_MAX);
    }
  } finally {
    await seeder.close();
    await servers.stop();
  }
  const clients = bestOf(stages, options.peers)?.peers ?? 0;
  log(`nginx, ${clients} clients`);
  const nginxCpuSecondsPerGb = await measureNginx(options, path.join(here, "http-clients.mjs"), cache, clients);
  return figuresOf(stages, nginxCpuSecondsPerGb, options.peers);
}

/** The peers do play, as far as there is anything to play. */
async function untilPlaying(crowd: Peers, peers: number): Promise<void> {
  for (let left = START_SECONDS_MAX; crowd.report().playing < peers; left--) {
    if (left === 0) throw new Error(`of ${peers} peers only ${crowd.report().playing} play`);
    await sleep(1000);
  }
}

/** CPU seconds of nginx's worker for a gigabyte, under clients that take what the peers took. */
async function measureNginx(options: BenchOptions, program: string, cache: string, clients: number): Promise<number> {
  const { segmentSeconds, bitsPerSecond, seconds } = options;
  const segmentBytes = Math.round((bitsPerSecond * segmentSeconds) / 8);
  const nginx = await startNginx(cache, FILES, segmentBytes);
  try {
    const load = await Program.fork(program, { url: nginx.url, clients, files: FILES, segmentSeconds });
    try {
      await sleep(2 * segmentSeconds * 1000);
      const [before, bytesBefore] = [cpuSecondsOf(nginx.pid), Number(await load.ask())];
      await sleep(seconds * 1000);
      const [after, bytesAfter] = [cpuSecondsOf(nginx.pid), Number(await load.ask())];
      return (after - before) / ((bytesAfter - bytesBefore) / 1e9);
    } finally {
      await load.stop();
    }
  } finally {
    await nginx.stop();
  }
}

function lineOf(stages: readonly StageFigures[]): string {
  const stage = stages.at(-1);
  if (!stage) return "";
  const { peers, mbps, wantedMbps, cpuSecondsPerGb, cores, cdnCopies } = stage;
  return (
    `${peers} peers: ${mbps.toFixed(1)} of ${wantedMbps.toFixed(1)} Mbit/s, ${cores.toFixed(2)} cores, ` +
    `${cpuSecondsPerGb.toFixed(1)} CPU s/GB, ${cdnCopies.toFixed(2)} copies from the CDN`
  );
}

/** After the last peer has begun to play: links find their rates. */
const SETTLE_SECONDS = 6;
const START_SECONDS_MAX = 90;
/** Segments that nginx has: a live window. */
const FILES = 12;
