/** The page of every viewer in the ABR bench: players, plain or with the swarm, and what is read of them. */
import Hls from "hls.js";
import { createSwarm } from "hls-swarm";
import { PlaybackClock } from "../../browser/pages/playback-clock.ts";
import { capUplink } from "../../browser/pages/uplink-cap.ts";
import type { LevelChange, PlayerReport, PlayerSetup } from "./page-api.ts";

const players: Player[] = [];

globalThis.abrPage = {
  start: (setup) => {
    if (setup.uplinkBitsPerSecond > 0 && players.length === 0) capUplink(setup.uplinkBitsPerSecond);
    players.push(new Player(setup));
  },
  report: () => players.map((player) => player.report()),
};

class Player {
  readonly #video = document.createElement("video");
  readonly #clock = new PlaybackClock();
  readonly #swarm: ReturnType<typeof createSwarm> | undefined;
  readonly #levels: LevelChange[] = [];
  readonly #estimates: number[] = [];
  readonly #errors: string[] = [];
  #abandoned = 0;

  constructor({ streamUrl, trackerUrl, bufferSeconds, seededLevel }: PlayerSetup) {
    const video = this.#video;
    video.muted = true;
    document.body.append(video);
    const hls = new Hls({
      maxBufferLength: bufferSeconds,
      maxMaxBufferLength: bufferSeconds,
      ...(seededLevel === undefined ? {} : { startLevel: seededLevel }),
    });
    if (trackerUrl !== "") {
      this.#swarm = createSwarm({ tracker: trackerUrl, integrity: "if-signed" });
      this.#swarm.attach(hls);
    }
    this.#watch(hls);
    hls.loadSource(streamUrl);
    hls.attachMedia(video);
    if (seededLevel !== undefined) {
      hls.once(Hls.Events.MANIFEST_PARSED, () => (hls.loadLevel = seededLevel));
      return;
    }
    video.addEventListener("playing", () => {
      this.#clock.playing(now(), video.currentTime);
    });
    setInterval(() => {
      this.#clock.sample(now(), video.currentTime, video.paused || video.ended);
    }, SAMPLE_MS);
    // Whether playback starts is measured, not assumed.
    video.play().catch(() => undefined);
  }

  report(): PlayerReport {
    const { buffered } = this.#video;
    const { peerBytes = 0, originBytes = 0, peers = [] } = this.#swarm?.stats ?? {};
    const at = now();
    return {
      now: at,
      startedAt: this.#clock.startedAt,
      levels: this.#levels,
      stalls: this.#clock.stalls(at),
      peerBytes,
      originBytes,
      links: peers.filter(({ state }) => state === "open").length,
      bufferedSeconds: buffered.length > 0 ? buffered.end(buffered.length - 1) : 0,
      estimates: this.#estimates,
      abandoned: this.#abandoned,
      errors: this.#errors,
    };
  }

  #watch(hls: Hls): void {
    hls.on(Hls.Events.FRAG_CHANGED, (_event, { frag }) => {
      if (this.#levels.at(-1)?.level !== frag.level) this.#levels.push({ at: now(), level: frag.level });
    });
    hls.on(Hls.Events.FRAG_BUFFERED, () => {
      this.#estimates.push(Math.round(hls.bandwidthEstimate));
    });
    hls.on(Hls.Events.FRAG_LOAD_EMERGENCY_ABORTED, () => {
      this.#abandoned++;
    });
    hls.on(Hls.Events.ERROR, (_event, { fatal, details }) => {
      if (fatal) this.#errors.push(details);
    });
  }
}

/** Milliseconds since 1970 on the clock that never jumps. */
const now = (): number => performance.timeOrigin + performance.now();

/** Well below the shortest stall that counts. */
const SAMPLE_MS = 100;
