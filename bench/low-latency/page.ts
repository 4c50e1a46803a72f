/** One viewer's page: hls.js as shipped, with the swarm where the setup names a tracker. Records; judges nothing. */
import Hls from "hls.js";
import { createSwarm } from "../../src/index.ts";
import { PlaybackClock } from "../browser/pages/playback-clock.ts";
import type { Stall } from "../browser/pages/page-api.ts";

export interface PageSetup {
  readonly streamUrl: string;
  /** Absent for plain hls.js. */
  readonly trackerUrl?: string;
}

/** A part or segment as it was handed to hls.js. */
export interface PartDelivery {
  /** Media sequence number. */
  readonly sequence: number;
  /** Undefined for a whole segment. */
  readonly part: number | undefined;
  readonly byteLength: number;
  readonly sha1: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

export interface LatencySample {
  readonly at: number;
  /** Behind the instant that is being shown: program date time against the clock. */
  readonly seconds: number;
}

export interface PageReport {
  readonly startedAt: number | undefined;
  readonly stalls: readonly Stall[];
  readonly latencies: readonly LatencySample[];
  readonly deliveries: readonly PartDelivery[];
  readonly peers: number;
  readonly wastedBytes: number;
  readonly errors: readonly string[];
}

declare global {
  var lowLatencyPage: { start(setup: PageSetup): void; report(): PageReport };
}

const clock = new PlaybackClock();
const deliveries: PartDelivery[] = [];
const latencies: LatencySample[] = [];
const errors: string[] = [];
let swarm: ReturnType<typeof createSwarm> | undefined;

/** Milliseconds since 1970 on the clock that never jumps. */
const now = (): number => performance.timeOrigin + performance.now();

globalThis.lowLatencyPage = {
  start: ({ streamUrl, trackerUrl }) => {
    const video = document.createElement("video");
    video.muted = true;
    document.body.append(video);
    video.addEventListener("playing", () => {
      clock.playing(now(), video.currentTime);
    });
    swarm = trackerUrl === undefined ? undefined : createSwarm({ tracker: trackerUrl });
    const hls = new Hls({ lowLatencyMode: true, ...swarm?.config(Hls) });
    setInterval(() => {
      clock.sample(now(), video.currentTime, video.paused || video.ended);
      const shown = hls.playingDate?.getTime();
      if (clock.startedAt !== undefined && shown !== undefined)
        latencies.push({ at: now(), seconds: (now() - shown) / 1000 });
    }, SAMPLE_MS);
    hls.on(Hls.Events.FRAG_LOADED, (_, { frag: { sn }, part, payload }) => {
      if (sn === "initSegment") return;
      const at = now();
      const bytes = payload.slice(0); // before anybody can transfer or change it
      void crypto.subtle.digest("SHA-1", bytes).then((digest) => {
        const sha1 = [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
        deliveries.push({ sequence: sn, part: part?.index, byteLength: bytes.byteLength, sha1, at });
      });
    });
    hls.on(Hls.Events.ERROR, (_, { fatal, details }) => {
      errors.push(fatal ? `fatal ${details}` : details);
    });
    hls.loadSource(streamUrl);
    hls.attachMedia(video);
    // Rejected when a seek interrupts it; whether playback starts is measured, not assumed.
    video.play().catch(() => undefined);
  },
  report: () => ({
    startedAt: clock.startedAt,
    stalls: clock.stalls(now()),
    ...{ latencies, deliveries, errors },
    peers: swarm?.stats.peers.length ?? 0,
    wastedBytes: swarm?.stats.wastedBytes ?? 0,
  }),
};

/** Well below the shortest stall that counts. */
const SAMPLE_MS = 100;
