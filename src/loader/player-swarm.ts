/** The swarm of one player: which player it is in now, and who is told of what. */
import type Hls from "hls.js";
import type { HlsConfig } from "hls.js";
import { SILENT } from "../base/logger.ts";
import type { Millis } from "../base/time.ts";
import type { SwarmStats } from "../swarm/core/stats.ts";
import { Attachment } from "./attachment.ts";
import { ViewerConsent } from "./consent.ts";
import { isChildPlayer, withAnnouncement, type HlsClass } from "./hls-doors.ts";
import { Listeners } from "./listeners.ts";
import type { OpenDriver } from "./stream-session.ts";
import type { Swarm, SwarmEvents, SwarmOptions } from "./swarm.ts";

export const isSupported = (): boolean => typeof RTCPeerConnection === "function" && mayFallBack();

/** Enough where seeders can be called over WebSocket. */
const mayFallBack = (): boolean => [typeof WebSocket, typeof ReadableStream].every((type) => type === "function");

export class PlayerSwarm implements Swarm {
  readonly #options: Omit<SwarmOptions, "tracker">;
  readonly #openDriver: OpenDriver;
  readonly #listeners: { readonly [Name in keyof SwarmEvents]: Listeners<SwarmEvents[Name]> } = {
    change: new Listeners(),
    consent: new Listeners(),
    segment: new Listeners(),
    retired: new Listeners(),
  };
  readonly consent: ViewerConsent;
  readonly #isOffByUrl = typeof location !== "undefined" && OFF_PATTERN.test(location.search);
  #attachment: Attachment | undefined;
  #lastStats: SwarmStats = NO_STATS;
  #changeTimer: ReturnType<typeof setTimeout> | undefined;
  #changedAt: Millis = -Infinity;

  constructor(options: Omit<SwarmOptions, "tracker">, openDriver: OpenDriver) {
    this.#options = options;
    this.#openDriver = openDriver;
    this.consent = new ViewerConsent(options.consent, () => {
      this.#attachment?.reopen();
      this.#changed();
      this.#listeners.consent.tell(this.consent.state);
    });
  }

  get stats(): SwarmStats {
    const stats = this.#attachment?.stats ?? this.#lastStats;
    const reason = this.#isOffByUrl
      ? "url"
      : this.#attachment?.isSwitchedOff
        ? "tracker"
        : this.#mayOpen()
          ? ""
          : "consent";
    return reason ? { ...stats, tracker: "off", peers: [], swarming: { mode: "off", reason } } : stats;
  }

  isSupported(): boolean {
    return this.#options.fallbackSeeders?.length ? mayFallBack() : isSupported();
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
    if (isChildPlayer(hls) || !this.isSupported()) return () => undefined;
    this.#attachment?.detach();
    const { contentId, segmentKey, sharing, logger = SILENT } = this.#options;
    const attachment: Attachment = new Attachment(hls, {
      segmentKey,
      month: sharing?.month,
      logger,
      openDriver: this.#openDriver,
      mayOpen: () => this.#mayOpen(),
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
    if (!this.#isOffByUrl) this.consent.ask();
    return () => {
      attachment.detach();
    };
  }

  #mayOpen(): boolean {
    return !this.#isOffByUrl && this.consent.state === "granted";
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

/** In the query of the page's address: whoever suspects the swarm can look at the page without it. */
const OFF_PATTERN = /[?&]p2p=0(&|$)/;

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
  swarming: { mode: "off", reason: "" },
  forgedSignals: 0,
  refusedSegments: 0,
  failedAudits: 0,
  tracker: "off",
  viewers: 0,
  holdOut: false,
  peers: [],
  segments: [],
  retired: false,
};
