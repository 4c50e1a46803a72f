/** Plays a stream to its end and writes down what hls.js was given and what it complained of. */
import type { HlsConfig } from "hls.js";
import type { SwarmStats } from "../../src/swarm/core/stats.ts";
import { recordLoads } from "../../testkit/recorded-loads.ts";
import { configOf, goAround, type Hand } from "./page-hands.ts";
import { createPlayer, digest, HLS, once, type Door, type Engine, type Version } from "./page-players.ts";

export interface PlayOptions {
  readonly version: Version;
  readonly engine: Engine;
  readonly door?: Door;
  readonly url: string;
  readonly config?: Partial<HlsConfig>;
  readonly hand?: Hand;
  /** What happens once the first segment is in the buffer. */
  readonly then?: "detach" | "detach and attach" | "seek" | "reload";
}

export interface Played {
  /** Segments as hls.js got them, in order: media sequence number and SHA-256. */
  readonly segments: readonly { readonly sequence: number; readonly sha256: string }[];
  readonly errors: readonly string[];
  readonly ended: boolean;
  readonly stats: SwarmStats | undefined;
}

export async function play({ version, engine, door = "attach", url, hand, then, ...options }: PlayOptions) {
  const config = { ...configOf(version, hand), ...options.config };
  const { hls, swarm, attach, detach } = await createPlayer(version, engine, door, config);
  goAround(hls, version, hand);
  const digests: Promise<{ sequence: number; sha256: string }>[] = [];
  recordLoads(hls, ({ frag: { sn } }, data) => {
    if (sn !== "initSegment") digests.push(digest(data).then((sha256) => ({ sequence: sn, sha256 })));
  });
  const errors: string[] = [];
  const { INTERNAL_ABORTED, BUFFER_STALLED_ERROR } = HLS[version].ErrorDetails;
  hls.on(HLS[version].Events.ERROR, (_, { details }) => {
    // How hls.js writes down that it has changed its mind; and, as everything is buffered before it plays, a slow machine.
    if (details !== INTERNAL_ABORTED && details !== BUFFER_STALLED_ERROR) errors.push(details);
  });
  const video = document.createElement("video");
  video.muted = true;
  document.body.append(video);
  const ended = new Promise<boolean>((resolve) => {
    video.addEventListener("ended", () => {
      resolve(true);
    });
    setTimeout(resolve, PATIENCE_MS, false);
  });
  hls.attachMedia(video);
  hls.loadSource(url);
  await once(hls, "hlsFragBuffered");
  if (door === "late") attach();
  if (then === "detach" || then === "detach and attach") detach();
  if (then === "detach and attach") attach();
  if (then === "seek") video.currentTime = 5;
  if (then === "reload") hls.loadSource(url);
  await once(hls, "hlsBufferEos");
  video.playbackRate = PLAYBACK_RATE;
  await video.play();
  const hasEnded = await ended;
  const stats = swarm?.stats;
  hls.destroy();
  video.remove();
  const played: Played = { ended: hasEnded, segments: await Promise.all(digests), errors, stats };
  return played;
}

/** Two players on one page, at the same time. */
export const playBoth = (both: readonly PlayOptions[]): Promise<Played[]> => Promise.all(both.map(play));

/** Eight seconds of video in one. */
const PLAYBACK_RATE = 8;
const PATIENCE_MS = 15_000;
