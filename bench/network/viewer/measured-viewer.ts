/**
 * One viewer, in Node or in a page: a real hls.js with the real loader, engine and links, and everything that is
 * measured on it from inside. The same for both, so that a witness differs from the others in its browser alone.
 */
import Hls, { type HlsConfig } from "hls.js";
import { PlaybackClock } from "../../browser/pages/playback-clock.ts";
import { NO_LIMITS } from "../../../sim/model/plan.ts";
import { SILENT } from "../../../src/base/logger.ts";
import { PlayerSwarm } from "../../../src/loader/player-swarm.ts";
import { createSwarmDriver } from "../../../src/swarm/io/driver.ts";
import { openSimplePeerLink } from "../../../src/swarm/io/simple-peer-link.ts";
import { openWebSocketTrackerLink } from "../../../src/swarm/io/websocket-tracker-link.ts";
import { MeteredLinks } from "./metered-links.ts";
import type { ViewerReport, ViewerSetup } from "./viewer-report.ts";

export class MeasuredViewer {
  readonly #createdAt = Date.now();
  readonly #clock = new PlaybackClock();
  readonly #links: MeteredLinks;
  readonly #swarm: PlayerSwarm;
  readonly #completions = new Map<number, number>();
  readonly #errors: string[] = [];
  #plays = 0;
  #playedBytes = 0;

  constructor(setup: ViewerSetup, element: HTMLMediaElement, config: Partial<HlsConfig>) {
    this.#links = new MeteredLinks(setup.index, Date.now);
    this.#swarm = new PlayerSwarm({}, (swarm, origin) =>
      createSwarmDriver({
        ...{ swarm, origin, trackers: [setup.trackerUrl], upload: setup.upload },
        rtc: {},
        sharing: NO_LIMITS, // as the simulator's viewers, with which these are compared
        memoryBytesMax: MEMORY_BYTES_MAX,
        openPeerLink: this.#links.around(openSimplePeerLink),
        openTrackerLink: openWebSocketTrackerLink,
        logger: SILENT,
      }),
    );
    this.#swarm.on("retired", (bug) => this.#errors.push(`retired: ${String(bug)}`));
    const hls = new Hls({ liveSyncDuration: setup.behindSeconds, ...config, ...this.#swarm.config(Hls) });
    this.#watch(hls, element);
    hls.loadSource(setup.streamUrl);
    hls.attachMedia(element);
    // Rejected when a seek interrupts it; whether playback starts is measured, not assumed.
    element.play().catch(() => undefined);
  }

  report(): ViewerReport {
    const { peerReceivedBytes, originReceivedBytes, uploadedBytes, wastedBytes } = this.#swarm.stats;
    const { controlFrames, controlBytes, probes, openLinks } = this.#links;
    return {
      createdAt: this.#createdAt,
      startedAt: this.#clock.startedAt,
      stalls: this.#clock.stalls(Date.now()),
      plays: this.#plays,
      playedBytes: this.#playedBytes,
      ...{ peerReceivedBytes, originReceivedBytes, uploadedBytes, wastedBytes },
      ...{ controlFrames, controlBytes, probes, openLinks },
      completions: [...this.#completions].map(([sequence, at]) => ({ sequence, at })),
      errors: this.#errors,
    };
  }

  #watch(hls: Hls, element: HTMLMediaElement): void {
    element.addEventListener("playing", () => {
      this.#clock.playing(Date.now(), element.currentTime);
    });
    setInterval(() => {
      this.#clock.sample(Date.now(), element.currentTime, element.paused || element.ended);
      this.#noteCompletions();
    }, SAMPLE_MS);
    setInterval(() => {
      this.#links.probe();
    }, PROBE_EVERY_MS);
    hls.on(Hls.Events.FRAG_LOADED, (_event, { frag, payload }) => {
      if (frag.sn === "initSegment") return;
      this.#plays++;
      this.#playedBytes += payload.byteLength;
    });
    hls.on(Hls.Events.ERROR, (_event, { fatal, type, details }) => {
      if (!fatal) return;
      this.#errors.push(details);
      // What the documentation of hls.js asks of every page.
      if (type === Hls.ErrorTypes.NETWORK_ERROR) hls.startLoad();
    });
  }

  #noteCompletions(): void {
    for (const { sequence, complete } of this.#swarm.stats.segments)
      if (complete && !this.#completions.has(sequence)) this.#completions.set(sequence, Date.now());
  }
}

/** The library's default. */
const MEMORY_BYTES_MAX = 128 * 1024 * 1024;
/** Well below the shortest stall that counts. */
const SAMPLE_MS = 100;
/** Twice a second to one peer: less than a kilobit a second. */
const PROBE_EVERY_MS = 500;
