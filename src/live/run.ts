/** Runs a live origin as a process of its own, until a signal ends it. */
import { readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, stat } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { OptionError } from "../base/option-error.ts";
import { SWARM_ID_PATTERN, type SwarmId } from "../protocol/ids.ts";
import { engineLog } from "../settings/engine-log.ts";
import { createProcessLogger, type ProcessLogger } from "../settings/process-logger.ts";
import { PublisherKey } from "../signer/publisher-key.ts";
import { keyedSwarmId } from "../ticket/issue.ts";
import { ticketReaderOf } from "../ticket/ticket-reader.ts";
import { findFfmpeg } from "./ffmpeg.ts";
import { openFolderStream } from "./folder-stream.ts";
import { startIngest, type LiveSource } from "./ingest.ts";
import { parseLadder } from "./ladder.ts";
import { startLiveServer, type LiveServer } from "./live-server.ts";
import { openPackagedStream, type PackagingOptions } from "./packaged-stream.ts";
import type { PlaybackTickets } from "./playback-tickets.ts";
import { EVERYBODY, NOBODY, publishKeysOf, type PublishKeys } from "./publish-keys.ts";
import { startRtmpServer } from "./rtmp-server.ts";
import type { LiveSettings } from "./settings.ts";
import { Stage } from "./stage.ts";

/** Rejects with an {@link OptionError} when it cannot start as it is told. */
export async function runLive(settings: LiveSettings, source: string | undefined): Promise<void> {
  const format = settings.logFormat ?? (process.stdout.isTTY ? "text" : "json");
  const log = createProcessLogger(format, settings.logLevel);
  const closers: Closer[] = [];
  const release = async (): Promise<void> => {
    for (let close = closers.pop(); close; close = closers.pop()) await close();
  };
  const ending = new AbortController();
  const { stage, failed } = await start(settings, source, log, closers, ending.signal).catch(async (cause: unknown) => {
    await release();
    throw cause;
  });

  let closing: Promise<void> | undefined;
  /** Players learn of the end by loading a playlist once more. */
  const close = (servedMs: number): Promise<void> => {
    ending.abort();
    return (closing ??= stage
      .end()
      .then(() => sleep(servedMs))
      .then(release)
      .then(() => void process.off("SIGTERM", stop).off("SIGINT", stop)));
  };
  const stop = (signal: NodeJS.Signals): void => {
    if (closing) process.exit(1);
    log.info("ending", { signal });
    void close(1.5 * settings.segmentSeconds * 1000).then(() => log.info("stopped"));
  };
  process.on("SIGTERM", stop).on("SIGINT", stop);
  void failed.then(() => {
    process.exitCode = 1;
    return close(0);
  });
}

type Closer = () => Promise<void>;

interface Started {
  readonly stage: Stage;
  /** Resolves when the operator's own source cannot be used. */
  readonly failed: Promise<void>;
}

/** What it has opened is in `closers`, the last to be closed first. */
async function start(
  settings: LiveSettings,
  source: string | undefined,
  log: ProcessLogger,
  closers: Closer[],
  ending: AbortSignal,
): Promise<Started> {
  const { name, port, host, rtmpPort, streamsMax, allowOrigins, tracker } = settings;
  const [keys, tickets] = [keysOf(settings), ticketsOf(settings)];
  const isFolder = source !== undefined && source !== "-" && (await isFolderAt(source));
  const ffmpeg = isFolder ? "" : await findFfmpeg();
  const folder = await openFolder(settings.folder, closers);
  const packaging = await packagingOf(settings, folder, log);
  const stage = new Stage({
    streamsMax,
    async open(wanted) {
      const stream = await openPackagedStream(wanted, packaging);
      return { stream, ingest: (body) => startIngest({ kind: "push", body }, stream, { ffmpeg }) };
    },
  });
  closers.push(() => stage.close());
  const common = { host, stage, name, keys, log };
  const server = await startLiveServer({ ...common, port, folder, tickets, allowOrigins, tracker });
  closers.push(server.close);
  const rtmp = rtmpPort === undefined ? undefined : await startRtmpServer({ ...common, port: rtmpPort });
  if (rtmp) closers.push(rtmp.close);
  let failed = NEVER;
  if (isFolder) stage.add(await openFolderStream(name, source, packaging));
  else if (source !== undefined) {
    const stream = await openPackagedStream(name, packaging);
    const ingest = startIngest(sourceOf(source, settings.loop), stream, { ffmpeg });
    stage.add(stream, ingest);
    failed = ingest.ended.then(
      () => {
        if (!ending.aborted)
          log.info(`${name}: the source is over; what was played last is served until SIGTERM or Ctrl-C`);
        return NEVER;
      },
      (error: unknown) => {
        log.error(`${name}: the source cannot be used`, error instanceof Error ? error.message : error);
      },
    );
  }
  tellWhere(log, server, { name, keys, rtmpPort: rtmp?.port, isPushed: source === undefined });
  return { stage, failed };
}

interface Told {
  readonly name: string;
  readonly keys: PublishKeys;
  readonly rtmpPort: number | undefined;
  /** Whether it waits for publishers. */
  readonly isPushed: boolean;
}

/** The addresses, and what to do next. */
function tellWhere(log: ProcessLogger, { url }: LiveServer, { name, keys, rtmpPort, isPushed }: Told): void {
  log.info("listening", { url, playlist: `${url}/${name}/index.m3u8`, watch: `${url}/watch/${name}` });
  const ask = keys === EVERYBODY ? "" : "?key=<key>";
  if (keys !== NOBODY) {
    const { hostname } = new URL(url);
    const rtmp = rtmpPort === undefined ? {} : { rtmp: `rtmp://${hostname}:${String(rtmpPort)}/live/<key>` };
    log.info("publish to", { http: `${url}/publish/${name}${ask}`, ...rtmp });
  } else if (isPushed) log.warn("nobody can publish: give a source, --publish-key-file, or --open-publish");
  if (keys === EVERYBODY) log.warn("open to every publisher who can reach the port");
  log.info("viewers share it through a tracker: npx hls-swarm tracker --port 8080");
}

const sourceOf = (source: string, loop: boolean): LiveSource =>
  source === "-" ? { kind: "stdin" } : { kind: "file", path: source, loop };

async function isFolderAt(source: string): Promise<boolean> {
  const found = await stat(source).catch(() => undefined);
  if (!found) throw new OptionError(`there is no ${source}`);
  return found.isDirectory();
}

async function packagingOf(settings: LiveSettings, folder: string, log: ProcessLogger): Promise<PackagingOptions> {
  const { renditions, format, segmentSeconds, dvrMinutes, diskMb, reconnectSeconds, lowLatency } = settings;
  const { roots, key, contentId = "" } = settings;
  if (lowLatency && format === "ts") throw new OptionError("--low-latency needs --format fmp4");
  if (key !== undefined && !roots) throw new OptionError("--key signs roots: leave out --no-roots");
  return {
    folder,
    ladder: parseLadder(renditions),
    container: format,
    segmentSeconds,
    partSeconds: lowLatency ? PART_SECONDS : undefined,
    windowSeconds: Math.max(dvrMinutes * 60, SEGMENTS_MIN * segmentSeconds),
    diskBytesMax: diskMb * 1e6,
    reconnectMs: reconnectSeconds * 1000,
    roots,
    key: key === undefined ? undefined : await PublisherKey.read(key, contentId),
    logger: engineLog(log),
  };
}

/** Whoever gave it keeps it; one of our own is removed. */
async function openFolder(given: string | undefined, closers: Closer[]): Promise<string> {
  if (given !== undefined) {
    await mkdir(given, { recursive: true });
    return given;
  }
  const made = await mkdtemp(path.join(os.tmpdir(), "hls-swarm-live-"));
  closers.push(() => rm(made, { recursive: true, force: true }));
  return made;
}

function keysOf({ publishKeys, publishKeyFile, openPublish }: LiveSettings): PublishKeys {
  const keys = [...(publishKeys ?? []), ...(publishKeyFile === undefined ? [] : linesOf(publishKeyFile))];
  if (openPublish && keys.length > 0) throw new OptionError("--open-publish lets in everybody: leave out the keys");
  if (openPublish) return EVERYBODY;
  if (publishKeyFile !== undefined && keys.length === 0) throw new OptionError(`there is no key in ${publishKeyFile}`);
  return keys.length > 0 ? publishKeysOf(keys) : NOBODY;
}

function ticketsOf(settings: LiveSettings): PlaybackTickets | undefined {
  const { ticketSecrets: given = [], ticketSecretFile, ticketKey, ticketSwarms = [] } = settings;
  const ticketSecrets = [...given, ...(ticketSecretFile === undefined ? [] : linesOf(ticketSecretFile))];
  const read = ticketReaderOf({ ticketSecrets, ...(ticketKey !== undefined && { ticketKey }) });
  if (!read) return undefined;
  if (ticketSecrets.length === 0 && ticketSwarms.length === 0)
    throw new OptionError("--ticket-key needs --ticket-swarm: only the site can tell which swarm a ticket is for");
  const forAll = ticketSwarms.filter((id): id is SwarmId => SWARM_ID_PATTERN.test(id));
  return {
    read,
    swarmsOf: (stream) => [...forAll, ...ticketSecrets.map((secret) => keyedSwarmId({ secret }, stream))],
  };
}

function linesOf(file: string): readonly string[] {
  try {
    return readFileSync(file, "utf8")
      .trim()
      .split(/\s*\n\s*/)
      .filter(Boolean);
  } catch (error) {
    throw new OptionError(`${file} cannot be read: ${String(error)}`);
  }
}

/** Players stay three parts from the edge: a second and a half, which most lines can do. */
const PART_SECONDS = 0.5;
/** Players keep three segments from the edge, and may be as slow again. */
const SEGMENTS_MIN = 6;
const NEVER = new Promise<void>(() => undefined);
