/** One viewer, in a page or in an iframe. What the page opens towards others has been counted by `count-openings.ts`. */
import Hls from "hls.js";
import { createSwarm, type Swarm, type SwarmOptions } from "../../src/loader/swarm.ts";
import type { Openings } from "./count-openings.ts";

export interface Seen {
  /** Constructed since the page was loaded. */
  readonly sockets: number;
  readonly connections: number;
  /** Of those, not closed. */
  readonly openSockets: number;
  readonly openConnections: number;
  /** Named to any of them. */
  readonly iceServers: readonly RTCIceServer[];
  readonly playedSeconds: number;
  readonly stalls: number;
  readonly links: number;
  readonly uploadedBytes: number;
  readonly mode: string;
  readonly reason: string;
}

declare const openings: Openings;

let swarm: Swarm | undefined;
let video: HTMLVideoElement | undefined;
let stalls = 0;

export function begin(url: string, options: SwarmOptions): void {
  swarm = createSwarm({ ...options, integrity: "if-signed" });
  const hls = new Hls(swarm.config(Hls));
  hls.on(Hls.Events.ERROR, (_, { details }) => {
    if (details === Hls.ErrorDetails.BUFFER_STALLED_ERROR) stalls++;
  });
  video = document.createElement("video");
  video.muted = video.autoplay = true;
  document.body.append(video);
  hls.attachMedia(video);
  hls.loadSource(url);
}

export function grant(): void {
  swarm?.consent.grant();
}

export function withdraw(): void {
  swarm?.consent.withdraw();
}

export function seen(): Seen {
  if (!swarm || !video) throw new Error("nothing plays");
  const { played } = video;
  const { peers, uploadedBytes, swarming } = swarm.stats;
  const { sockets, connections } = openings;
  return {
    sockets: sockets.length,
    connections: connections.length,
    openSockets: sockets.filter(({ readyState }) => readyState !== WebSocket.CLOSED).length,
    openConnections: connections.filter(({ signalingState }) => signalingState !== "closed").length,
    iceServers: connections.flatMap((connection) => connection.getConfiguration().iceServers ?? []),
    playedSeconds: played.length === 0 ? 0 : played.end(played.length - 1) - played.start(0),
    stalls,
    links: peers.filter(({ state }) => state === "open").length,
    uploadedBytes,
    ...swarming,
  };
}
