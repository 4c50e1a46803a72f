/** The swarm of one player: which player it is in now, and who is told of what. */
import type Hls from "hls.js";
import type { HlsConfig } from "hls.js";
import { SILENT } from "../base/logger.ts";
import type { Millis } from "../base/time.ts";
import type { SwarmStats } from "../swarm/core/stats.ts";
import { Attachment } from "./attachment.ts";
import { isChildPlayer, withAnnouncement, type HlsClass } from "./hls-doors.ts";
import { Listeners } from "./listeners.ts";
import type { OpenDriver } from "./stream-session.ts";
import type { Swarm, SwarmEvents, SwarmOptions } from "./swarm.ts";

export const isSupported = (): boolean =>
  [typeof RTCPeerConnection, typeof WebSocket, typeof ReadableStream].every((type) => type === "function");

export class PlayerSwarm implements Swarm {
  readonly #options: Omit<SwarmOptions, "tracker">;
  readonly #openDriver: OpenDriver;
  readonly #listeners: { readonly [Name in keyof SwarmEvents]: Listeners<SwarmEvents[Name]> } = {
    change: new Listeners(),
    segment: new Listeners(),
    retired: new Listeners(),
  };
  #attachment: Attachment | undefined;
  #lastStats: SwarmStats = NO_STATS;
  #changeTimer: ReturnType<typeof setTimeout> | undefined;
  #changedAt: Millis = -Infinity;

  constructor(options: Omit<SwarmOptions, "tracker">, openDriver: OpenDriver) {
    this.#options = options;
    this.#openDriver = openDriver;
  }

  get stats(): SwarmStats {
    return this.#attachment?.stats ?? this.#lastStats;
  }

  isSupported(): boolean {
    return isSupported();
  }

  on<Name extends keyof SwarmEvents>(name: Name, listener: (told: SwarmEvents[Name]) => void): () => void {
    return this.#listeners[name].add(listener);
  }

  config(Hls: HlsClass, mine: Partial<HlsConfig> = {}): Pick<HlsConfig, "abrController"> {
    const base = mine.abrController ?? Hls.DefaultConfig.abrController;
    return {
      abrController: withAnnouncement(base, (hls) => {
        this.attach(hls);
      }),
    };
  }

  attach(hls: Hls): () => void {
    if (isChildPlayer(hls) || !isSupported()) return () => undefined;
    this.#attachment?.detach();
    const { contentId, segmentKey, logger = SILENT } = this.#options;
    const attachment: Attachment = new Attachment(hls, {
      segmentKey,
      logger,
      openDriver: this.#openDriver,
      contentIdOf: (url) => (typeof contentId === "function" ? contentId(url) : contentId),
      changed: () => {
        this.#changed();
      },
      delivered: ({ id, track, name }, { bytes: { byteLength }, peerBytes, originBytes }) => {
        const { sequence } = name;
        this.#listeners.segment.tell({ segment: id, track, sequence, byteLength, peerBytes, originBytes });
      },
      retired: (bug) => {
        this.#changed();
        this.#listeners.retired.tell(bug);
      },
      detached: () => {
        this.#lastStats = attachment.stats ?? this.#lastStats;
        this.#attachment = undefined;
        clearTimeout(this.#changeTimer);
        this.#changeTimer = undefined;
      },
    });
    this.#attachment = attachment;
    return () => {
      attachment.detach();
    };
  }

  /** The first change is told at once, those of the next quarter of a second together. */
  #changed(): void {
    const { change } = this.#listeners;
    if (change.size === 0 || this.#changeTimer !== undefined) return;
    const waitMs = Math.max(0, this.#changedAt + CHANGE_MS_MIN - performance.now());
    this.#changeTimer = setTimeout(() => {
      this.#changeTimer = undefined;
      this.#changedAt = performance.now();
      change.tell(this.stats);
    }, waitMs);
  }
}

const CHANGE_MS_MIN: Millis = 250;

const NO_STATS: SwarmStats = {
  peerBytes: 0,
  originBytes: 0,
  offload: 0,
  peerReceivedBytes: 0,
  originReceivedBytes: 0,
  uploadedBytes: 0,
  wastedBytes: 0,
  integrity: "none",
  verifiedChunks: 0,
  forgedChunks: 0,
  tracker: "off",
  viewers: 0,
  holdOut: false,
  peers: [],
  segments: [],
  retired: false,
};
