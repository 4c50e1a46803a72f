/**
 * Follows the playlists of one stream without a player: which renditions it has, what they list now, and where that can be
 * had. What is to be fetched of it is for the swarm to say.
 */
import type { Logger } from "../base/logger.ts";
import { OptionError } from "../base/option-error.ts";
import type { MediaPlaylist } from "../playlist/media-playlist.ts";
import { partTrackOf, swarmIdFor } from "../playlist/stream-names.ts";
import type { SwarmId, TrackId } from "../protocol/ids.ts";
import type { SwarmPort } from "../swarm/io/driver-api.ts";
import type { ResourceRange } from "../swarm/io/http-answer.ts";
import type { Origin } from "../swarm/io/origin.ts";
import { HttpClient, type HttpFile, type HttpLimits } from "./http-client.ts";
import { PlaylistReloader } from "./playlist-reloader.ts";
import { PlaylistSource, type Loaded } from "./playlist-source.ts";
import type { FollowedRendition } from "./renditions.ts";
import { SegmentBook, type StreamPlace } from "./segment-book.ts";
import { StreamMap, type StreamFile } from "./stream-map.ts";
import { UpstreamOrigin } from "./upstream-origin.ts";
import { Upstreams, type UpstreamState } from "./upstreams.ts";

/** What `SwarmPort.playlist` takes. */
export type PlaylistUpdate = Parameters<SwarmPort["playlist"]>[0];

export interface StreamFollowerOptions {
  /** Of the same playlist at each upstream, the best first. */
  readonly urls: readonly string[];
  readonly contentId?: string;
  /** Default: all. */
  readonly choose?: (all: readonly FollowedRendition[]) => readonly FollowedRendition[];
  /** Follows the parts of a live stream, too, as tracks beside those of the segments. Default false. */
  readonly lowLatency?: boolean;
  /** Asks for news of live streams as soon as there may be some: for one that many others wait for. Default false. */
  readonly eager?: boolean;
  /** Default "hls-swarm". */
  readonly userAgent?: string;
  readonly logger: Logger;
}

/** A playlist as it is now. */
export interface PlaylistText {
  readonly text: string;
  /** After redirections. */
  readonly url: string;
}

export interface MediaPlaylistText extends PlaylistText {
  readonly playlist: MediaPlaylist;
}

export interface FollowerEvents {
  /** A rendition, or its parts, has something new; `text` is its media playlist. */
  playlist(update: PlaylistUpdate, text: string): void;
  /** Nothing more will come (EXT-X-ENDLIST). */
  ended(track: TrackId): void;
}

export interface StreamFollower {
  readonly swarm: SwarmId;
  /** Those that were chosen. */
  readonly renditions: readonly FollowedRendition[];
  readonly origin: Origin;
  readonly multivariant: PlaylistText | undefined;
  /** Begins to load playlists, and goes on while they are live. Once. */
  start(events: FollowerEvents): void;
  /** A newer playlist of a rendition came another way than by reload. */
  take(track: TrackId, text: string): void;
  /** Reload now: somebody says there is news. */
  refresh(track: TrackId): void;
  /** The newest media playlist of a rendition. */
  text(track: TrackId): MediaPlaylistText | undefined;
  /** What of the stream is at a path; undefined for what is not of it. The query counts where it tells things apart. */
  find(pathname: string, search: string): StreamFile | undefined;
  /** Loads a file that `find` found, or an address that one of those names. Rejects with an {@link HttpError}. */
  load(place: StreamPlace, range?: ResourceRange): Promise<HttpFile>;
  upstreams(): readonly UpstreamState[];
  close(): void;
}

/** Rejects with an {@link OptionError} that says what is wrong with the addresses, or with what is there. */
export async function openStream(options: StreamFollowerOptions): Promise<StreamFollower> {
  const [first] = options.urls;
  if (first === undefined) throw new OptionError("name the URL of a playlist");
  for (const url of options.urls)
    if (!/^https?:\/\//i.test(url) || !URL.canParse(url))
      throw new OptionError(`${url} is no http or https URL of a playlist`);
  const http = new HttpClient(options.userAgent ?? "hls-swarm");
  const upstreams = new Upstreams(options.urls, () => performance.now());
  const source = new PlaylistSource(http, upstreams);
  const entrance = await source.open().catch((error: unknown) => {
    const why = error instanceof Error ? error.message : String(error);
    throw new OptionError(`no playlist to follow at ${options.urls.join(", nor at ")}: ${why}`);
  });
  const all = entrance.renditions;
  const renditions = options.choose?.(all) ?? all;
  if (renditions.length === 0) throw new OptionError(`none is chosen of ${all.map(({ name }) => name).join(", ")}`);
  const swarm = swarmIdFor(first, options.contentId);
  return new Follower(options, { ...entrance, http, upstreams, source, swarm, renditions });
}

type Entrance = Awaited<ReturnType<PlaylistSource["open"]>>;

interface FollowerParts extends Entrance {
  readonly http: HttpClient;
  readonly upstreams: Upstreams;
  readonly source: PlaylistSource;
  readonly swarm: SwarmId;
}

class Follower implements StreamFollower {
  readonly swarm: SwarmId;
  readonly renditions: readonly FollowedRendition[];
  readonly origin: UpstreamOrigin;
  readonly multivariant: PlaylistText | undefined;
  readonly #options: StreamFollowerOptions;
  readonly #parts: FollowerParts;
  readonly #book = new SegmentBook();
  readonly #map = new StreamMap(this.#book);
  readonly #reloaders: ReadonlyMap<TrackId, PlaylistReloader>;
  #events: FollowerEvents | undefined;

  constructor(options: StreamFollowerOptions, parts: FollowerParts) {
    const { swarm, renditions, multivariant } = parts;
    this.#options = options;
    this.#parts = parts;
    this.swarm = swarm;
    this.renditions = renditions;
    this.multivariant = multivariant && { text: multivariant.text, url: multivariant.playlist.url };
    this.#map.enter(parts.upstreams.all, multivariant, renditions);
    this.origin = new UpstreamOrigin({ ...parts, book: this.#book });
    this.#reloaders = new Map(renditions.map((rendition) => [rendition.track, this.#reloaderOf(rendition)]));
  }

  start(events: FollowerEvents): void {
    this.#events = events;
    for (const reloader of this.#reloaders.values()) reloader.start(this.#parts.media);
  }

  take(track: TrackId, text: string): void {
    const reloader = this.#reloaders.get(track);
    const newest = reloader?.newest;
    if (!reloader || !newest) return;
    if (newest.text === text) {
      reloader.take(newest);
      return;
    }
    this.#parts.source.read(text, newest.playlist.url, newest.upstream).then(
      (loaded) => {
        reloader.take(loaded);
      },
      (error: unknown) => {
        this.#options.logger.warn("headless", () => `a playlist that was passed on is none: ${String(error)}`);
      },
    );
  }

  refresh(track: TrackId): void {
    this.#reloaders.get(track)?.refresh();
  }

  text(track: TrackId): MediaPlaylistText | undefined {
    const newest = this.#reloaders.get(track)?.newest;
    return newest && { text: newest.text, url: newest.playlist.url, playlist: newest.playlist };
  }

  find(pathname: string, search: string): StreamFile | undefined {
    return this.#map.find(pathname, search);
  }

  load(place: StreamPlace, range?: ResourceRange): Promise<HttpFile> {
    return this.origin.file(place, FILE_LIMITS, { range });
  }

  upstreams(): readonly UpstreamState[] {
    return this.#parts.upstreams.states();
  }

  close(): void {
    this.#events = undefined;
    for (const reloader of this.#reloaders.values()) reloader.close();
    this.#parts.http.close();
  }

  #reloaderOf({ track, name }: FollowedRendition): PlaylistReloader {
    const { logger, lowLatency = false, eager = false } = this.#options;
    const { source, upstreams } = this.#parts;
    return new PlaylistReloader({
      ...{ name, logger, lowLatency, eager },
      load: (directives, heldMs) => source.load(track, directives, heldMs),
      told: (loaded) => {
        this.#tell(track, loaded);
      },
      stale: ({ upstream }) => {
        logger.debug("headless", () => `${upstream.url} has nothing new of ${name}`);
        upstreams.failed(upstream);
      },
    });
  }

  #tell(track: TrackId, loaded: Loaded<MediaPlaylist>): void {
    const { playlist, text, upstream } = loaded;
    const { segments, parts } = this.#book.update({ rendition: track, playlist, upstream });
    this.#map.read(track, loaded);
    const { isEnded, targetDuration, partTarget } = playlist;
    const live = !isEnded;
    const signed = [...segments, ...parts].some(({ root }) => root !== undefined);
    this.#events?.playlist({ track, live, targetDuration, segments, signed }, text);
    if (this.#options.lowLatency && partTarget !== undefined && parts.length > 0) {
      const update = { track: partTrackOf(track), live, targetDuration: partTarget, segments: parts, signed };
      this.#events?.playlist(update, text);
    }
    if (isEnded) this.#events?.ended(track);
  }
}

/** Init segments, keys, subtitles: as large as nobody makes them. */
const FILE_LIMITS: HttpLimits = { msMax: 30_000, bytesMax: 32 * 1024 * 1024 };
