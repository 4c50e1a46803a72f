/** What of a stream is at which path, whichever upstream listed it: for a server that passes it on. Loads nothing. */
import type { MediaPlaylist, Resource } from "../playlist/media-playlist.ts";
import type { MultivariantPlaylist } from "../playlist/multivariant-playlist.ts";
import type { TrackId } from "../protocol/ids.ts";
import { PathTable } from "./path-table.ts";
import type { Loaded } from "./playlist-source.ts";
import type { FollowedRendition } from "./renditions.ts";
import type { BookedSegment, SegmentBook, StreamPlace } from "./segment-book.ts";
import type { Upstream } from "./upstreams.ts";

export type StreamFile =
  | { readonly kind: "multivariant"; readonly text: string; readonly url: string }
  | { readonly kind: "playlist"; readonly track: TrackId }
  /** One, or several that are byte ranges of one resource. */
  | { readonly kind: "segments"; readonly segments: readonly BookedSegment[] }
  /** Anything else: an init segment, a key, a playlist that is not followed. */
  | { readonly kind: "file"; readonly place: StreamPlace };

export class StreamMap {
  readonly #book: SegmentBook;
  /** The multivariant playlist, by the path that it has at each upstream. */
  readonly #entrances = new Map<string, StreamFile>();
  readonly #playlists = new PathTable<TrackId>();
  readonly #files = new PathTable<StreamPlace>();
  /** Init segments and keys by address, those listed last at the end. */
  readonly #named = new Map<string, StreamPlace>();

  constructor(book: SegmentBook) {
    this.#book = book;
  }

  enter(
    upstreams: readonly Upstream[],
    multivariant: Loaded<MultivariantPlaylist> | undefined,
    renditions: readonly FollowedRendition[],
  ): void {
    for (const { track, playlistUrl } of renditions) this.#playlists.add(playlistUrl, track);
    if (!multivariant) {
      const [lone] = renditions;
      for (const { url } of upstreams) if (lone) this.#playlists.add(url, lone.track);
      return;
    }
    const { playlist, text, upstream } = multivariant;
    const entrance: StreamFile = { kind: "multivariant", text, url: playlist.url };
    for (const { url } of [...upstreams, playlist]) this.#entrances.set(new URL(url).pathname, entrance);
    const followed = new Set(renditions.map(({ playlistUrl }) => playlistUrl));
    for (const { url } of [...playlist.variants, ...playlist.alternatives])
      if (url !== undefined && !followed.has(url)) this.#file(url, playlist.url, upstream, undefined);
    for (const url of playlist.otherUrls) this.#file(url, playlist.url, upstream, undefined);
  }

  /** Takes the newest playlist of a rendition, which the book has. */
  read(rendition: TrackId, { playlist, upstream }: Loaded<MediaPlaylist>): void {
    this.#playlists.add(playlist.url, rendition);
    let [mapBefore, keysBefore]: [Resource | undefined, unknown] = [undefined, undefined];
    for (const { map, keys } of playlist.segments) {
      if (map && map !== mapBefore) this.#file(map.url, playlist.url, upstream, rendition);
      if (keys !== keysBefore)
        for (const { url } of keys) if (url?.startsWith("http")) this.#file(url, playlist.url, upstream, rendition);
      [mapBefore, keysBefore] = [map, keys];
    }
  }

  /** Undefined for what is not of this stream. */
  find(pathname: string, search: string): StreamFile | undefined {
    const entrance = this.#entrances.get(pathname);
    if (entrance) return entrance;
    const [track] = this.#playlists.at(pathname, search);
    if (track !== undefined) return { kind: "playlist", track };
    const segments = this.#book.at(pathname, search);
    // Segments that only their query tells apart cannot be told by another one.
    if (segments.length === 1 || (segments.length > 1 && segments.every(({ place }) => place.byteRange)))
      return { kind: "segments", segments };
    const [file] = this.#files.at(pathname, search);
    return file && { kind: "file", place: file };
  }

  #file(url: string, playlistUrl: string, upstream: Upstream, rendition: TrackId | undefined): void {
    const known = this.#named.get(url);
    const place = known ?? { url, playlistUrl, upstream, rendition };
    this.#named.delete(url);
    this.#named.set(url, place);
    if (!known) this.#files.add(url, place);
    for (const [oldest, file] of this.#named) {
      if (this.#named.size <= FILES_MAX) break;
      this.#named.delete(oldest);
      this.#files.remove(file);
    }
  }
}

/** Keys that change with every segment, of all renditions, for a playlist's length and more. */
const FILES_MAX = 2000;
