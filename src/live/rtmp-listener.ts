/**
 * Lets publishers come by RTMP: ffmpeg listens, for one at a time, and hands on what it is sent as it is, in a container
 * of its own. It looks at no key but warns of a wrong one, so whoever has a wrong one is turned away here.
 */
import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "../base/logger.ts";
import { FIRST_OUTPUT, runFfmpeg } from "./ffmpeg.ts";

export interface RtmpOptions {
  readonly ffmpeg: string;
  readonly host: string;
  readonly port: number;
  readonly key: string;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** `take` has each publisher, with the options that ffmpeg reads it by. Rejects when the port cannot be had. */
export async function listenForRtmp(
  options: RtmpOptions,
  take: (body: Readable, format: readonly string[]) => Promise<void>,
): Promise<void> {
  const { signal, logger } = options;
  while (!signal.aborted) {
    const startedAt = Date.now();
    const complaint = await listenForOne(options, take);
    if (UNUSABLE.test(complaint)) throw new Error(`RTMP cannot be listened for:\n${complaint}`);
    if (complaint) logger.warn("live:rtmp", () => complaint);
    // Whatever fails at once, and for ever, may not fail as often as it can.
    const restMs = startedAt + RESTART_MS_MIN - Date.now();
    if (restMs > 0) await sleep(restMs, undefined, { signal }).catch(() => undefined);
  }
}

/** Resolves to what went wrong, the key taken out of it; to nothing when nothing did. */
async function listenForOne(
  { ffmpeg, host, port, key, logger, signal }: RtmpOptions,
  take: (body: Readable, format: readonly string[]) => Promise<void>,
): Promise<string> {
  const address = `rtmp://${host}:${port}/${APP}/${encodeURIComponent(key)}`;
  const input = ["-v", "warning", "-listen", "1", "-i", address];
  const output = ["-map", "0:v:0?", "-map", "0:a:0?", "-c", "copy", "-f", CONTAINER, "-flush_packets", "1"];
  const run = runFfmpeg(ffmpeg, [...input, ...output, `pipe:${FIRST_OUTPUT}`], {
    outputs: 1,
    hasStdin: false,
    onLine: (line) => {
      if (run.isStopped || !WRONG_KEY.test(line)) return;
      logger.warn("live:rtmp", () => "a publisher with a wrong key is turned away");
      body?.destroy();
      run.stop();
    },
  });
  const [body] = run.outputs;
  const stop = (): void => {
    run.stop();
    body?.destroy();
  };
  signal.addEventListener("abort", stop, { once: true });
  const failed = body
    ? await take(body, ["-f", CONTAINER]).then(
        () => "",
        (error: unknown) => String(error),
      )
    : "";
  const wasStopped = run.isStopped;
  run.stop();
  const code = await run.exited;
  signal.removeEventListener("abort", stop);
  if (wasStopped) return "";
  const complaint = failed || (code === 0 ? "" : run.complaint());
  return complaint.replaceAll(address, "rtmp").replaceAll(key, "…");
}

/** Before the key in the address: what OBS and its like call the server ends in it. */
const APP = "live";

/** ffmpeg's own: any codec, and timestamps as they come. */
const CONTAINER = "nut";

/** Neither the application nor the stream is what it listens for. */
const WRONG_KEY = /Unexpected stream|field don't match/;

const UNUSABLE = /Address already in use|Cannot assign requested address|Permission denied/;

const RESTART_MS_MIN = 500;
