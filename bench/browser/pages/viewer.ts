/** The part of a viewer's page that is the same for every contender: the video element and everything measured on it. */
import Hls, { type HlsConfig } from "hls.js";
import type { ChannelBytes, Connections } from "./connections.ts";
import type { Delivery, PageReport, PageSetup } from "./page-api.ts";
import { PlaybackClock } from "./playback-clock.ts";
import { capUplink } from "./uplink-cap.ts";

/** What a contender makes of the setup. */
export interface Player {
  readonly hls: Hls;
  /** Media bytes received from peers so far, by its own count. */
  peerReceivedBytes(): number;
}

export type PlayerFactory = (setup: PageSetup, config: Partial<HlsConfig>) => Player;

/** Offers the page to the harness. */
export function offerViewer(createPlayer: PlayerFactory): void {
  let session: Session | undefined;
  globalThis.viewerPage = {
    start: (setup) => {
      if (setup.uplinkBitsPerSecond > 0) capUplink(setup.uplinkBitsPerSecond);
      session = new Session(globalThis.peerConnections, setup, createPlayer);
    },
    report: (readChannels) => {
      if (!session) throw new Error("not started");
      return session.report(readChannels);
    },
  };
}

class Session {
  readonly #connections: Connections;
  readonly #clock = new PlaybackClock();
  readonly #createdAt = now();
  readonly #player: Player;
  readonly #deliveries: Delivery[] = [];
  readonly #errors: string[] = [];
  #channelBytes: ChannelBytes = { received: 0, sent: 0 };

  constructor(connections: Connections, setup: PageSetup, createPlayer: PlayerFactory) {
    this.#connections = connections;
    const video = document.createElement("video");
    video.muted = true;
    document.body.append(video);
    video.addEventListener("playing", () => {
      this.#clock.playing(now(), video.currentTime);
    });
    setInterval(() => {
      this.#clock.sample(now(), video.currentTime, video.paused || video.ended);
    }, SAMPLE_MS);
    this.#player = createPlayer(setup, { ...setup.hls });
    const { hls } = this.#player;
    this.#watch(hls);
    hls.loadSource(setup.streamUrl);
    hls.attachMedia(video);
    // Rejected when a seek interrupts it; whether playback starts is measured, not assumed.
    video.play().catch(() => undefined);
  }

  async report(readChannels: boolean): Promise<PageReport> {
    if (readChannels) this.#channelBytes = await this.#connections.channelBytes();
    const at = now();
    const startedAt = this.#clock.startedAt;
    return {
      now: at,
      playingAt: this.#player.hls.playingDate?.getTime(),
      startupMs: startedAt === undefined ? undefined : startedAt - this.#createdAt,
      startedAt,
      stalls: this.#clock.stalls(at),
      deliveries: this.#deliveries,
      peerReceivedBytes: this.#player.peerReceivedBytes(),
      channelReceivedBytes: this.#channelBytes.received,
      channelSentBytes: this.#channelBytes.sent,
      connectionsMade: this.#connections.connected,
      errors: this.#errors,
    };
  }

  #watch(hls: Hls): void {
    hls.on(Hls.Events.FRAG_LOADED, (_event, { frag, payload }) => {
      if (typeof frag.sn !== "number") return;
      const { sn } = frag;
      const bytes = payload.slice(0); // before anybody can transfer or change it
      void crypto.subtle.digest("SHA-1", bytes).then((digest) => {
        this.#deliveries.push({ sequence: sn, byteLength: bytes.byteLength, sha1: hexOf(digest) });
      });
    });
    hls.on(Hls.Events.ERROR, (_event, { fatal, type, details }) => {
      if (!fatal) return;
      if (this.#errors.length < ERRORS_MAX) this.#errors.push(details);
      // What the documentation of hls.js asks of every page; without it an outage would end the run.
      if (type === Hls.ErrorTypes.NETWORK_ERROR)
        setTimeout(() => {
          hls.startLoad();
        }, RECOVER_AFTER_MS);
    });
  }
}

/** Milliseconds since 1970 on the clock that never jumps. */
const now = (): number => performance.timeOrigin + performance.now();

const hexOf = (digest: ArrayBuffer): string =>
  [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");

/** Well below the shortest stall that counts. */
const SAMPLE_MS = 100;
const RECOVER_AFTER_MS = 1000;
const ERRORS_MAX = 20;
