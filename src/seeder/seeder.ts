/** A seeder: one stream, followed and given to whoever watches it. What it fetches and keeps is its policy's to say. */
import { OptionError } from "../base/option-error.ts";
import type { Logger } from "../base/logger.ts";
import { openHeadlessSwarm, type FollowedStream } from "../headless/headless-swarm.ts";
import { loadNodeWebRtc } from "../headless/node-web-rtc.ts";
import { openStream, type StreamFollower } from "../headless/stream-follower.ts";
import { TrackerWatch } from "../headless/tracker-watch.ts";
import type { TrackId } from "../protocol/ids.ts";
import { engineLog } from "../settings/engine-log.ts";
import type { ProcessLogger } from "../settings/process-logger.ts";
import type { PeerStats } from "../swarm/core/stats.ts";
import type { SwarmDriver } from "../swarm/io/driver.ts";
import { createMemoryStore } from "../swarm/io/memory-store.ts";
import { isLanHost } from "../swarm/io/peer-address.ts";
import type { SegmentStore } from "../swarm/io/segment-store.ts";
import type { WebRtc } from "../swarm/io/simple-peer-link.ts";
import { withDiskCache } from "./cached-stream.ts";
import { ChainParents } from "./core/chain-parents.ts";
import { ChainPush } from "./core/chain-push.ts";
import { linksMaxFor, seederPolicy } from "./core/seeder-policy.ts";
import { openDiskCache, type DiskCache } from "./disk-cache.ts";
import { Doors } from "./doors.ts";
import { illnessOf, type FollowedPlaylist, type HealthFacts } from "./health.ts";
import { createHttpProxy, type HttpProxy } from "./http-proxy.ts";
import type { SeederOptions } from "./options.ts";
import { chooseRenditions } from "./rendition-choice.ts";
import { ParentWatch } from "./parent-watch.ts";
import { trustedTickets } from "./seeder-ticket.ts";
import { statusOf, type SeederStatus, type StatusSource } from "./status.ts";

export interface RunningSeeder {
  /** Where its pages are, `http://host:port`; undefined without `statusPort`. */
  readonly statusUrl: string | undefined;
  /** Where peers call over WebSocket; undefined without `peerPort`. */
  readonly peerUrl: string | undefined;
  /** Where players without the swarm get the stream, by the paths of the upstream; undefined without `httpPort`. */
  readonly httpUrl: string | undefined;
  status(): SeederStatus;
  /** Those it is linked with, as the engine sees them. */
  peers(): readonly PeerStats[];
  /** Reads the certificate of `tls` again, for calls to come. Throws when it cannot be used: the one before stays. */
  reloadCertificate(): void;
  /** Says goodbye to its peers, then closes all it has opened. Idempotent. */
  close(): Promise<void>;
}

/** Rejects with an {@link OptionError} when an option cannot be, or there is no stream to follow. */
export async function startSeeder(options: SeederOptions): Promise<RunningSeeder> {
  const { playlists, contentId, renditions = [], lowLatency = false, trackers = [], cacheFolder } = options;
  if (options.ticket !== undefined && options.ticketSecret !== undefined)
    throw new OptionError("a ticket and the secret that makes tickets: give one of them");
  const logger = engineLog(options.logger ?? SILENT);
  const webRtc = trackers.length > 0 ? await loadNodeWebRtc(options) : undefined;
  const stream = await openStream({
    urls: playlists,
    ...(contentId !== undefined && { contentId }),
    choose: (all) => chooseRenditions(all, renditions),
    lowLatency,
    eager: true,
    userAgent: USER_AGENT,
    logger,
  });
  let seeder: Seeder | undefined;
  try {
    const bytesMax = options.cacheBytesMax ?? CACHE_BYTES_MAX;
    const folder = cacheFolder === undefined ? undefined : `${cacheFolder}/${stream.swarm}`;
    const disk = folder === undefined ? undefined : await openDiskCache({ folder, bytesMax, logger });
    seeder = new Seeder(options, { stream, webRtc, disk, logger });
    await seeder.open();
    return seeder;
  } catch (error) {
    if (seeder) await seeder.close();
    else stream.close();
    throw error;
  }
}

interface Parts {
  readonly stream: StreamFollower;
  readonly webRtc: WebRtc | undefined;
  readonly disk: DiskCache | undefined;
  readonly logger: Logger;
}

class Seeder implements RunningSeeder, StatusSource {
  readonly startedAt = performance.now();
  readonly linksMax: number;
  readonly #options: SeederOptions;
  readonly #parts: Parts;
  readonly #driver: SwarmDriver;
  readonly #store: SegmentStore;
  readonly #memoryBytesMax: number;
  readonly #doors = new Doors();
  readonly #trackerWatch: TrackerWatch;
  readonly #parentWatch: ParentWatch;
  #proxy: HttpProxy | undefined;
  readonly #playlists = new Map<TrackId, FollowedPlaylist>();
  #engine: HealthFacts["engine"] = "working";
  #closed: Promise<void> | undefined;

  constructor(options: SeederOptions, parts: Parts) {
    const { trackers = [], contentId, ticket, ticketSecret, stun, warm = false, parents = [] } = options;
    const { uplinkBitsPerSecond = Infinity, memoryBytesMax = MEMORY_BYTES_MAX } = options;
    const { stream, webRtc, disk, logger } = parts;
    this.#options = options;
    this.#parts = parts;
    this.#memoryBytesMax = memoryBytesMax;
    const say = options.logger ?? SILENT;
    this.#trackerWatch = new TrackerWatch({
      joined: () => {
        say.info("the tracker has let it in");
      },
      away: (why) => {
        say.warn("no tracker answers, or none lets it in: nobody new finds it meanwhile", { why });
      },
    });
    this.#parentWatch = new ParentWatch(parents, stream.swarm, say);
    this.linksMax = Math.min(options.peersMax ?? PEERS_MAX, linksMaxFor(uplinkBitsPerSecond));
    const memory = createMemoryStore();
    const cached: { readonly follower: FollowedStream; readonly store: SegmentStore } = disk
      ? withDiskCache(stream, memory, disk)
      : { follower: stream, store: memory };
    this.#store = cached.store;
    const isOfParts = (track: TrackId): boolean => !stream.renditions.some((rendition) => rendition.track === track);
    this.#driver = openHeadlessSwarm({
      ...seederPolicy({ linksMax: this.linksMax, warm, isOfParts, uploadBitsPerSecondMax: uplinkBitsPerSecond }),
      ...{ ...cached, webRtc, trackers, memoryBytesMax, logger },
      ...(stun && { rtc: { iceServers: [{ urls: [...stun] }] } }),
      ...(parents.length > 0 && { parents: (rng) => new ChainParents(parents, rng) }),
      ...{ trackerWatch: this.#trackerWatch, parentWatch: this.#parentWatch },
      push: (desk) => new ChainPush(desk),
      upload: true,
      lan: options.lan ?? isLanHost(new URL(options.playlists[0] ?? "").hostname),
      integrity: options.integrity ?? "required",
      ticket: ticketSecret === undefined ? ticket : trustedTickets(ticketSecret, contentId),
      onPlaylist: ({ track, live, targetDuration }) => {
        this.#playlists.set(track, { live, targetDuration, newsAt: performance.now() });
        this.#proxy?.told();
      },
      switchedOff: () => {
        say.warn("switched off by the tracker's operator");
        this.#stop("switched-off");
      },
    });
    this.#driver.onRetired(() => {
      this.#stop("retired");
    });
  }

  open(): Promise<void> {
    const { stream: follower, logger } = this.#parts;
    const driver = this.#driver;
    this.#proxy = createHttpProxy({ follower, driver, store: this.#store, logger });
    return this.#doors.open(this.#options, { swarm: follower.swarm, driver, proxy: this.#proxy, status: this, logger });
  }

  get statusUrl() {
    return this.#doors.statusUrl;
  }

  get peerUrl() {
    return this.#doors.peers?.url;
  }

  get httpUrl() {
    return this.#doors.httpUrl;
  }

  get memory() {
    return { bytes: this.#store.byteLength, bytesMax: this.#memoryBytesMax };
  }

  disk() {
    return this.#parts.disk?.state();
  }

  callers() {
    return this.#doors.peers?.counters();
  }

  illness() {
    if (this.#closed) return ["closing" as const];
    const playlists = this.#parts.stream.renditions.map(({ track }) => this.#playlists.get(track));
    return illnessOf(performance.now(), { playlists, upstreams: this.upstreams(), engine: this.#engine });
  }

  stats() {
    return this.#driver.stats();
  }

  renditions() {
    return this.#parts.stream.renditions.map((each) => ({ ...each, playlist: this.#playlists.get(each.track) }));
  }

  upstreams() {
    return this.#parts.stream.upstreams();
  }

  parents() {
    return this.#parentWatch.states();
  }

  get trackerFault() {
    return this.#trackerWatch.fault;
  }

  status(): SeederStatus {
    return statusOf(this);
  }

  peers(): readonly PeerStats[] {
    return this.stats().peers;
  }

  reloadCertificate(): void {
    this.#doors.peers?.reloadCertificate();
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    const hasPeers = this.peers().length > 0;
    this.#trackerWatch.close();
    this.#driver.close();
    if (hasPeers) await new Promise((resolve) => setTimeout(resolve, GOODBYE_MS));
    await this.#doors.close();
  }

  /** The pages stay, and say why. */
  #stop(why: "retired" | "switched-off"): void {
    this.#engine = why;
    this.#trackerWatch.close();
    this.#driver.close();
  }
}

const SILENT: ProcessLogger = { info: () => undefined, warn: () => undefined, error: () => undefined };

const USER_AGENT = "hls-swarm-seeder";

/** Ten minutes of three renditions that are 7 Mbit/s together. */
const MEMORY_BYTES_MAX = 512_000_000;
/** Three hours of the same. */
const CACHE_BYTES_MAX = 10_000_000_000;
/** Each costs a third of a megabyte and some work, fed or not; whoever has a fat line and many cores says more. */
const PEERS_MAX = 200;
/** How long a goodbye is on its way: what a link waits for its last bytes (`LINGER_MS`), and a little. */
const GOODBYE_MS = 350;
