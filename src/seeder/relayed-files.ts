/**
 * What belongs to a stream and is not shared by its swarm: init segments, keys, subtitles, renditions that are not followed.
 * Loaded whole, once however many ask, and kept in memory as long as there is room. What a playlist among them lists belongs
 * to the stream, too.
 */
import type { Bytes, Millis } from "../base/time.ts";
import type { HttpFile } from "../headless/http-client.ts";
import { PathTable } from "../headless/path-table.ts";
import type { StreamPlace } from "../headless/segment-book.ts";
import type { StreamFollower } from "../headless/stream-follower.ts";
import type { ByteRange } from "../http/byte-range.ts";
import { parseMediaPlaylist } from "../playlist/media-playlist-reader.ts";
import { PlaylistAddresses } from "../playlist/addresses.ts";
import { isMediaPlaylist } from "../playlist/parse.ts";

export interface RelayedFile extends HttpFile {
  /** When it is a playlist. */
  readonly text: string | undefined;
}

interface Kept {
  readonly loading: Promise<RelayedFile>;
  readonly loadedAt: Millis;
  file: RelayedFile | undefined;
}

export class RelayedFiles {
  readonly #follower: Pick<StreamFollower, "load">;
  readonly #listed = new PathTable<StreamPlace>();
  /** Places by address, those listed last at the end. */
  readonly #places = new Map<string, StreamPlace>();
  /** By address and range, those used last at the end. */
  readonly #kept = new Map<string, Kept>();
  #bytes: Bytes = 0;

  constructor(follower: Pick<StreamFollower, "load">) {
    this.#follower = follower;
  }

  /** What one of the playlists here lists at a path. */
  find(pathname: string, search: string): StreamPlace | undefined {
    return this.#listed.at(pathname, search)[0];
  }

  /** Rejects with an HttpError, which is not kept. */
  load(place: StreamPlace, range: ByteRange | undefined): Promise<RelayedFile> {
    const name = range ? `${place.url} ${range.start}-${range.end}` : place.url;
    const known = this.#kept.get(name);
    if (known) {
      this.#kept.delete(name);
      const isStale = known.file?.text !== undefined && performance.now() - known.loadedAt > PLAYLIST_MS_MAX;
      if (!isStale) {
        this.#kept.set(name, known);
        return known.loading;
      }
      this.#bytes -= known.file?.bytes.byteLength ?? 0;
    }
    const kept: Kept = { loading: this.#load(place, range), loadedAt: performance.now(), file: undefined };
    this.#kept.set(name, kept);
    kept.loading.then(
      (file) => {
        kept.file = file;
        this.#bytes += file.bytes.byteLength;
        this.#makeRoom();
      },
      () => {
        this.#kept.delete(name);
      },
    );
    return kept.loading;
  }

  async #load(place: StreamPlace, range: ByteRange | undefined): Promise<RelayedFile> {
    const file = await this.#follower.load(place, range);
    const begin = new TextDecoder().decode(file.bytes.subarray(0, 7));
    const text = begin === "#EXTM3U" ? new TextDecoder().decode(file.bytes) : undefined;
    if (text !== undefined) this.#read(text, file.url, place);
    return { ...file, text };
  }

  /** `url` is where it was after redirections. */
  #read(text: string, url: string, place: StreamPlace): void {
    const segments = isMediaPlaylist(text) ? parseMediaPlaylist(text, new PlaylistAddresses(url)).segments : [];
    const urls = new Set([url, ...segments.flatMap((segment) => [segment.url, ...othersOf(segment)])]);
    for (const each of urls) {
      const listed = this.#places.get(each) ?? { ...place, url: each };
      this.#places.delete(each);
      this.#places.set(each, listed);
      this.#listed.add(each, listed);
    }
    for (const [oldest, listed] of this.#places) {
      if (this.#places.size <= PLACES_MAX) break;
      this.#places.delete(oldest);
      this.#listed.remove(listed);
    }
  }

  #makeRoom(): void {
    for (const [name, { file }] of this.#kept) {
      if (this.#bytes <= BYTES_MAX) return;
      if (!file) continue;
      this.#kept.delete(name);
      this.#bytes -= file.bytes.byteLength;
    }
  }
}

const othersOf = ({ map, keys }: ReturnType<typeof parseMediaPlaylist>["segments"][number]): readonly string[] =>
  [map?.url, ...keys.map(({ url }) => url)].filter((url) => url?.startsWith("http") === true).filter(isText);

const isText = (url: string | undefined): url is string => url !== undefined;

/** Less than a segment: who plays it must hear of its segments in time. */
const PLAYLIST_MS_MAX: Millis = 1000;
const BYTES_MAX: Bytes = 64 * 1024 * 1024;
/** A few long playlists. */
const PLACES_MAX = 20_000;
