/**
 * One stream that one player plays: its swarm, what tells the swarm about the player, and the desk where fragment
 * loaders ask. Ends with the stream, or at the first bug of ours; either way what is still loading goes on plainly.
 */
import type Hls from "hls.js";
import type { FragmentLoaderConstructor, FragmentLoaderContext } from "hls.js";
import type { Logger } from "../base/logger.ts";
import type { SwarmId } from "../protocol/ids.ts";
import type { SwarmStats } from "../swarm/core/stats.ts";
import type { SwarmDriver } from "../swarm/io/driver.ts";
import type { SegmentDelivery, SwarmPort } from "../swarm/io/driver-api.ts";
import { DeviceMonitor } from "./device-monitor.ts";
import type { LoadDesk, PendingLoad } from "./fragment-loader.ts";
import { HlsOrigin } from "./hls-origin.ts";
import { OriginRate, PeerShare, swarmRateOf, type RateKnowledge } from "./load-stats.ts";
import { MonthMeter } from "./month-meter.ts";
import { PlaybackMonitor } from "./playback-monitor.ts";
import { PlaylistMonitor } from "./playlist-monitor.ts";
import { SegmentCatalogue, type CataloguedSegment, type SegmentKey } from "./segment-catalogue.ts";
import type { MonthCount } from "./sharing-options.ts";

/** `switchedOff` is told when the operator wants all of it closed (TR48). `contentId` is the site's own name for the stream. */
export type OpenDriver = (
  swarm: SwarmId,
  origin: HlsOrigin,
  switchedOff: () => void,
  contentId: string | undefined,
) => SwarmDriver;

export interface StreamSessionOptions {
  readonly hls: Hls;
  readonly swarm: SwarmId;
  readonly contentId: string | undefined;
  readonly segmentKey: SegmentKey | undefined;
  readonly month: MonthCount | undefined;
  readonly logger: Logger;
  readonly openDriver: OpenDriver;
  /** The loader that makes origin requests; `undefined` for our own `fetch`. */
  originLoader(): FragmentLoaderConstructor | undefined;
  changed(): void;
  delivered(segment: CataloguedSegment, delivery: SegmentDelivery): void;
  switchedOff(): void;
  /** Called once, when a bug ended the session before its time. */
  retired(bug: unknown): void;
}

export class StreamSession implements LoadDesk {
  readonly port: SwarmPort;
  readonly origin: HlsOrigin;
  readonly pending = new Set<PendingLoad>();
  readonly #options: StreamSessionOptions;
  readonly #driver: SwarmDriver;
  readonly #rate = new OriginRate();
  readonly #peerShare = new PeerShare();
  readonly #catalogue: SegmentCatalogue;
  readonly #playlists: PlaylistMonitor;
  readonly #playback: PlaybackMonitor;
  readonly #device: DeviceMonitor;
  readonly #month: MonthMeter | undefined;
  #lastStats: SwarmStats | undefined;

  constructor(options: StreamSessionOptions) {
    const { hls, swarm, contentId, segmentKey, openDriver } = options;
    this.#options = options;
    this.#catalogue = new SegmentCatalogue(segmentKey);
    this.origin = new HlsOrigin({
      config: hls.config,
      catalogue: this.#catalogue,
      rate: this.#rate,
      loader: () => options.originLoader(),
    });
    const switchedOff = (): void => {
      options.switchedOff();
    };
    this.#driver = openDriver(swarm, this.origin, switchedOff, contentId);
    this.port = this.#driver;
    this.#driver.onChange(() => {
      options.changed();
    });
    this.port.onRetired((bug) => {
      this.#retire(bug);
    });
    const monitored = {
      hls,
      port: this.port,
      guard: (listener: () => void) => {
        this.#guard(listener);
      },
    };
    this.#playlists = new PlaylistMonitor(monitored, this.#catalogue);
    this.#playback = new PlaybackMonitor(monitored);
    this.#month = options.month && new MonthMeter(options.month);
    this.#device = new DeviceMonitor({
      tell: (device) => {
        this.port.tell({ type: "device", device });
      },
      leaving: () => {
        this.port.tell({ type: "report-due" });
        this.#countMonth();
      },
    });
    this.#device.start();
    this.#countMonth();
    // Once there is something to close: what they tell may be the last that this session does.
    this.#playlists.start();
    if (!this.#lastStats) this.#playback.start();
  }

  /** After the end, as they were then. */
  stats(): SwarmStats {
    return this.#lastStats ?? this.#driver.stats();
  }

  get heldOut(): boolean {
    return this.stats().holdOut;
  }

  segmentFor(context: FragmentLoaderContext): CataloguedSegment | undefined {
    const { frag, part } = context;
    // Measurements must be the CDN's; init segments are small, and late at once.
    if (this.#lastStats || this.port.retired || frag.bitrateTest) return undefined;
    if (frag.sn === "initSegment" || frag.type === "subtitle") return undefined;
    // Other bytes than the playlist says: hls.js widens ranges to decrypt them, a loader around ours may ask for a part.
    const entry = part ?? frag;
    const [start = 0, end = 0] = entry.byteRange;
    if ((context.rangeStart ?? 0) !== start || (context.rangeEnd ?? 0) !== end) return undefined;
    this.#guard(() => {
      this.#playlists.loads(frag, part !== null);
      if (!this.#catalogue.of(entry)) this.#playlists.reread(frag);
    });
    const segment = this.#catalogue.of(entry);
    return segment && this.port.lists(segment.id) ? segment : undefined;
  }

  rates(level: number): RateKnowledge {
    const { levels, bandwidthEstimate } = this.#options.hls;
    const swarmRate = swarmRateOf(this.stats().peers);
    const ladder = levels.map(({ maxBitrate }, index) => ({
      bitrate: maxBitrate,
      swarm: swarmRate(this.#playlists.trackOf("main", index)),
    }));
    return {
      origin: this.#rate.bitsPerSecond(performance.now()),
      player: bandwidthEstimate,
      ladder: ladder.slice(level),
      peerShare: this.#peerShare.mean,
      sharedAt: this.#rate.sharedAt,
      firstByteMs: this.#rate.firstByteMs,
    };
  }

  delivered(segment: CataloguedSegment, delivery: SegmentDelivery): void {
    this.#countMonth();
    if (segment.fragment.type === "main") this.#peerShare.add(delivery);
    this.#options.delivered(segment, delivery);
  }

  reportBug(bug: unknown): void {
    this.#retire(bug);
  }

  /** Ends it; what is still loading is loaded plainly. Idempotent. */
  close(): void {
    if (this.#lastStats) return;
    this.#countMonth();
    this.#lastStats = this.#driver.stats();
    this.#device.close();
    this.#playback.close();
    this.#playlists.close();
    this.port.close();
    for (const load of [...this.pending]) load.loadPlainly();
  }

  #countMonth(): void {
    if (!this.#month) return;
    const bytes = this.#month.count(this.stats().uploadedBytes);
    this.port.tell({ type: "month-uploaded", bytes });
  }

  #guard(listener: () => void): void {
    if (this.#lastStats) return;
    try {
      listener();
    } catch (bug) {
      this.#retire(bug);
    }
  }

  #retire(bug: unknown): void {
    if (this.#lastStats) return;
    this.#options.logger.error("loader", () => `a bug of ours, playing on from the CDN alone: ${String(bug)}`);
    const stats = this.stats();
    this.close();
    this.#lastStats = { ...stats, retired: true };
    this.#options.retired(bug);
  }
}
