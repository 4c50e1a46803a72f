/** One viewer in a page: plays a stream with or without the swarm, and writes down what hls.js was given and said. */
import Hls from "hls.js";
import type { HlsConfig } from "hls.js";
import type { SwarmStats } from "../../src/swarm/core/stats.ts";
import { createSwarm, type SwarmOptions } from "../../src/loader/swarm.ts";
import type { Adversary } from "../adversaries/adversary.ts";
import { createAdversary } from "../adversaries/player.ts";
import { recordLoads } from "../recorded-loads.ts";

export interface WatchOptions {
  readonly url: string;
  /** None: plain hls.js. */
  readonly tracker?: string | undefined;
  /** Recordings are played faster. */
  readonly rate: number;
  /** How much of it is watched. Default: everything, to the end. */
  readonly seconds?: number | undefined;
  /** After half of that, back to the oldest segment for the other half. */
  readonly seeksBack: boolean;
  readonly patienceMs: number;
  /** Loads the source again after a fatal error. */
  readonly reloads: boolean;
  /** Segments with this in their URL are not for the swarm. */
  readonly unshared?: string | undefined;
  /** Loads nothing more once it has seen what it wanted to; otherwise it stays, for others. */
  readonly leaves: boolean;
  /** Of the swarm, beyond the tracker. */
  readonly swarm?: Pick<SwarmOptions, "lan" | "relayOnly" | "rtc">;
  /** Means harm. */
  readonly adversary?: Adversary | undefined;
}

export interface Watched {
  /** Fragments as hls.js got them, in order. `to` is the first byte that is not part of it; 0 means all. */
  readonly loads: readonly Load[];
  readonly errors: readonly string[];
  /** How often hls.js found the player standing still. */
  readonly stalls: number;
  /** Played to the end, or as long as it was to be watched. */
  readonly done: boolean;
  readonly stats: SwarmStats | undefined;
}

export interface Load {
  readonly url: string;
  readonly from: number;
  readonly to: number;
  readonly byteLength: number;
  readonly sha256: string;
}

export const version = Hls.version;

let running: Promise<Watched> | undefined;

/** Resolves once the first segment is in the buffer, or when there will be none. */
export async function begin(options: WatchOptions): Promise<void> {
  const { url, tracker, unshared, leaves, adversary } = options;
  const hls = new Hls(SMALL_BUFFER);
  const segmentKey = ({ url: address }: { readonly url: string }): false | undefined =>
    unshared !== undefined && address.includes(unshared) ? false : undefined;
  const swarm =
    tracker === undefined
      ? undefined
      : adversary
        ? createAdversary(adversary, tracker)
        : createSwarm({ tracker, segmentKey, integrity: "if-signed", ...options.swarm });
  swarm?.attach(hls);
  const loads: Promise<Load>[] = [];
  recordLoads(hls, ({ url: address, rangeStart: from = 0, rangeEnd: to = 0 }, data) => {
    const { byteLength } = data;
    loads.push(digest(data).then((sha256) => ({ url: address, from, to, byteLength, sha256 })));
  });
  const errors: string[] = [];
  let stalls = 0;
  const video = document.createElement("video");
  video.muted = true;
  document.body.append(video);
  const failed = new Promise<boolean>((resolve) => {
    hls.on(Hls.Events.ERROR, (_, { details, fatal }) => {
      // How hls.js writes down that it has changed its mind; and a slow machine.
      if (!HARMLESS.includes(details)) errors.push(details);
      if (details === Hls.ErrorDetails.BUFFER_STALLED_ERROR) stalls++;
      if (fatal && options.reloads) hls.loadSource(url);
      else if (fatal) resolve(false);
    });
    setTimeout(resolve, options.patienceMs, false);
  });
  const begun = new Promise<void>((resolve) => {
    hls.once(Hls.Events.FRAG_BUFFERED, () => {
      resolve();
    });
  });
  hls.attachMedia(video);
  hls.loadSource(url);
  const done = Promise.race([failed, watchedAll(hls, video, options)]);
  running = done.then(async (isDone) => {
    const stats = swarm?.stats;
    if (leaves) hls.destroy();
    return { done: isDone, loads: await Promise.all(loads), errors: [...errors], stalls, stats };
  });
  await Promise.race([begun, failed]);
}

export function watched(): Promise<Watched> {
  if (!running) throw new Error("nothing plays");
  return running;
}

async function watchedAll(hls: Hls, video: HTMLVideoElement, options: WatchOptions): Promise<boolean> {
  const { rate, seconds, seeksBack } = options;
  await happens(video, "canplay");
  video.playbackRate = rate;
  await video.play();
  if (seconds === undefined) return ends(hls, video);
  if (!seeksBack) return plays(video, seconds);
  await plays(video, seconds / 2);
  video.currentTime = video.seekable.start(0) + 1;
  await happens(video, "seeked");
  return plays(video, seconds / 2);
}

const happens = (target: EventTarget, event: string): Promise<true> =>
  new Promise((resolve) => {
    target.addEventListener(
      event,
      () => {
        resolve(true);
      },
      { once: true },
    );
  });

/** What ends while another player has the video is an interstitial. */
async function ends(hls: Hls, video: HTMLVideoElement): Promise<true> {
  do await happens(video, "ended");
  while (hls.media !== video);
  return true;
}

/** Counts what is played, wherever that is. */
async function plays(video: HTMLVideoElement, seconds: number): Promise<true> {
  for (let played = 0, before = video.currentTime; played < seconds; before = video.currentTime) {
    await happens(video, "timeupdate");
    played += Math.min(1, Math.max(0, video.currentTime - before));
    if (video.paused) void video.play();
  }
  return true;
}

async function digest(data: BufferSource): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", data));
  return [...hash].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** So that a short stream is not in the buffer before peers have met. */
const SMALL_BUFFER: Partial<HlsConfig> = { maxBufferLength: 6, maxMaxBufferLength: 6, maxBufferSize: 0 };
const HARMLESS: readonly string[] = [Hls.ErrorDetails.INTERNAL_ABORTED, Hls.ErrorDetails.BUFFER_STALLED_ERROR];
