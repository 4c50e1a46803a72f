/** Viewers in a page at a tracker that holds some of them out. */
import Hls from "hls.js";
import { createSwarm, type Swarm } from "../../src/loader/swarm.ts";
import { once } from "./page-players.ts";

export interface HoldOutOptions {
  readonly tracker: string;
  /** A playlist for each viewer, until there was one of each group. */
  readonly urls: readonly string[];
}

export interface HoldOutPlayed {
  /** The URL of the viewer that was held out. */
  readonly url: string | undefined;
  readonly sharingUrl: string | undefined;
  readonly ended: boolean;
  /** Peer connections made by anybody on this page. */
  readonly connections: number;
  readonly originBytes: number;
  readonly peers: number;
}

/** Lets viewers come until one shares and one is held out; the latter plays to the end. */
export async function playHeldOut({ tracker, urls }: HoldOutOptions): Promise<HoldOutPlayed> {
  let connections = 0;
  const Original = RTCPeerConnection;
  window.RTCPeerConnection = class extends Original {
    constructor(configuration?: RTCConfiguration) {
      super(configuration);
      connections++;
    }
  };
  const groups = new Map<boolean, { readonly url: string; readonly hls: Hls; readonly swarm: Swarm }>();
  for (const url of urls) {
    if (groups.size === 2) break;
    const hls = new Hls();
    const swarm = createSwarm({ tracker, contentId: "hold-out", integrity: "if-signed" });
    swarm.attach(hls);
    const joined = new Promise<void>((resolve) => {
      const stop = swarm.on("change", (stats) => {
        if (stats.tracker !== "joined") return;
        stop();
        resolve();
      });
    });
    hls.loadSource(url);
    await joined;
    const { holdOut } = swarm.stats;
    if (groups.has(holdOut)) hls.destroy();
    else groups.set(holdOut, { url, hls, swarm });
  }
  const heldOut = groups.get(true);
  let ended = false;
  if (heldOut) {
    const video = document.createElement("video");
    video.muted = true;
    document.body.append(video);
    const end = new Promise((resolve) => {
      video.addEventListener("ended", resolve);
    });
    heldOut.hls.attachMedia(video);
    await once(heldOut.hls, "hlsBufferEos");
    video.playbackRate = PLAYBACK_RATE;
    await video.play();
    await end;
    ended = true;
    video.remove();
  }
  const stats = heldOut?.swarm.stats;
  for (const { hls } of groups.values()) hls.destroy();
  window.RTCPeerConnection = Original;
  return {
    ...{ url: heldOut?.url, sharingUrl: groups.get(false)?.url, ended, connections },
    ...{ originBytes: stats?.originBytes ?? 0, peers: stats?.peers.length ?? 0 },
  };
}

/** Eight seconds of video in one. */
const PLAYBACK_RATE = 8;
