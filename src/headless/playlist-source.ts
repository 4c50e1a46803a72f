/**
 * Loads the playlists of one stream from whichever upstream works, and knows where each upstream has what another's
 * playlist lists. Keeps no playlist.
 */
import type { Millis } from "../base/time.ts";
import { parsePlaylist } from "../playlist/parse.ts";
import type { MediaPlaylist } from "../playlist/media-playlist.ts";
import type { MultivariantPlaylist } from "../playlist/multivariant-playlist.ts";
import { relativePath } from "../playlist/stream-names.ts";
import type { TrackId } from "../protocol/ids.ts";
import { hostOf, HttpError, type HttpClient } from "./http-client.ts";
import { loneRendition, renditionsOf, type FollowedRendition } from "./renditions.ts";
import type { StreamPlace } from "./segment-book.ts";
import type { Upstream, Upstreams } from "./upstreams.ts";

/** A playlist as it came. */
export interface Loaded<P> {
  readonly playlist: P;
  readonly text: string;
  readonly upstream: Upstream;
}

/** What the operator's URL leads to at one upstream. */
interface Entrance {
  readonly renditions: readonly FollowedRendition[];
  readonly multivariant: Loaded<MultivariantPlaylist> | undefined;
  /** When there is no multivariant playlist. */
  readonly media: Loaded<MediaPlaylist> | undefined;
}

export class PlaylistSource {
  readonly #http: HttpClient;
  readonly #upstreams: Upstreams;
  readonly #entrances = new Map<Upstream, Promise<Entrance>>();
  /** The only rendition of a stream without a multivariant playlist. */
  #lone: TrackId | undefined;

  constructor(http: HttpClient, upstreams: Upstreams) {
    this.#http = http;
    this.#upstreams = upstreams;
  }

  /** What the first upstream that works leads to. */
  async open(): Promise<Entrance> {
    const entrance = await this.#tryEach((upstream) => this.#entranceOf(upstream));
    if (!entrance.multivariant) this.#lone = entrance.renditions[0]?.track;
    return entrance;
  }

  /** `directives` is a query for the server (RFC 8216bis section 6.2.5), without which nothing is held back. */
  load(track: TrackId, directives = "", heldMs: Millis = 0): Promise<Loaded<MediaPlaylist>> {
    return this.#tryEach(async (upstream) => {
      const url = new URL(await this.playlistUrl(track, upstream));
      url.search += directives && (url.search ? `&${directives}` : directives);
      const loaded = await this.#load(upstream, url.href, PLAYLIST_MS_MAX + heldMs);
      return mediaOf(loaded);
    });
  }

  /** A newer text of a playlist that this upstream could have given. Throws what parsing throws. */
  async read(text: string, url: string, upstream: Upstream): Promise<Loaded<MediaPlaylist>> {
    const { multivariant } = await this.#entranceOf(upstream);
    return mediaOf({ playlist: parsePlaylist(text, url, multivariant?.playlist.variables), text, upstream });
  }

  async playlistUrl(track: TrackId, upstream: Upstream): Promise<string> {
    if (track === this.#lone) return upstream.url;
    const { renditions } = await this.#entranceOf(upstream);
    const rendition = renditions.find((one) => one.track === track);
    if (!rendition) throw new HttpError(404, `${hostOf(upstream.url)} does not list the rendition ${track}`);
    return rendition.playlistUrl;
  }

  /** Where an upstream has what another one's playlist lists: as far from its playlist. */
  async addressAt(place: StreamPlace, upstream: Upstream): Promise<string> {
    if (place.upstream === upstream) return place.url;
    const { rendition } = place;
    const playlistUrl = rendition === undefined ? upstream.url : await this.playlistUrl(rendition, upstream);
    const path = relativePath(place.playlistUrl, place.url);
    return new URL(`./${path}${new URL(place.url).search}`, playlistUrl).href;
  }

  #entranceOf(upstream: Upstream): Promise<Entrance> {
    const known = this.#entrances.get(upstream);
    if (known) return known;
    const entrance = this.#enter(upstream);
    this.#entrances.set(upstream, entrance);
    entrance.catch(() => this.#entrances.delete(upstream));
    return entrance;
  }

  async #enter(upstream: Upstream): Promise<Entrance> {
    const { playlist, ...loaded } = await this.#load(upstream, upstream.url, PLAYLIST_MS_MAX);
    if (playlist.kind === "media") {
      const media = { ...loaded, playlist };
      return { renditions: [loneRendition(playlist.url)], multivariant: undefined, media };
    }
    const renditions = renditionsOf(playlist, upstream.url);
    return { renditions, multivariant: { ...loaded, playlist }, media: undefined };
  }

  async #load(upstream: Upstream, url: string, msMax: Millis): Promise<Loaded<ReturnType<typeof parsePlaylist>>> {
    upstream.requests++;
    const file = await this.#http.get(url, { msMax, bytesMax: PLAYLIST_BYTES_MAX });
    upstream.bytes += file.bytes.byteLength;
    const text = new TextDecoder().decode(file.bytes);
    const imported = url === upstream.url ? undefined : (await this.#entranceOf(upstream)).multivariant;
    return { playlist: parsePlaylist(text, withoutDirectives(file.url), imported?.playlist.variables), text, upstream };
  }

  /** Whatever is wrong with a playlist is its upstream's fault. Rejects with what was wrong at the last one. */
  async #tryEach<Result>(attempt: (upstream: Upstream) => Promise<Result>): Promise<Result> {
    let wrong: unknown;
    for (const upstream of this.#upstreams.inOrder()) {
      try {
        const result = await attempt(upstream);
        upstream.worked();
        return result;
      } catch (error) {
        this.#upstreams.failed(upstream);
        wrong = error;
      }
    }
    throw wrong;
  }
}

function mediaOf({ playlist, ...loaded }: Loaded<ReturnType<typeof parsePlaylist>>): Loaded<MediaPlaylist> {
  if (playlist.kind === "media") return { ...loaded, playlist };
  throw new HttpError(0, `${hostOf(playlist.url)} lists renditions instead of segments`);
}

/** What was asked of the server is no part of the playlist's address. */
function withoutDirectives(address: string): string {
  const url = new URL(address);
  if (!url.search.includes("_HLS_")) return address;
  for (const name of [...url.searchParams.keys()]) if (name.startsWith("_HLS_")) url.searchParams.delete(name);
  return url.href;
}

/** A playlist of a few kilobytes that takes longer is of no use to live viewers, and another upstream may do better. */
const PLAYLIST_MS_MAX: Millis = 8000;

/** A day of 2 s segments takes 3 MB. */
const PLAYLIST_BYTES_MAX = 8 * 1024 * 1024;
