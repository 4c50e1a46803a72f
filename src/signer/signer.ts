/** Gives roots to the media playlists of a stream on disk: finds them, signs them, and writes them back or elsewhere. */
import { readdir, readFile, stat } from "node:fs/promises";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { OptionError } from "../base/option-error.ts";
import { AS_WRITTEN } from "../playlist/addresses.ts";
import { parseMultivariantPlaylist } from "../playlist/multivariant-playlist.ts";
import { isPlaylist as isPlaylistText } from "../playlist/parse.ts";
import { PlaylistError } from "../playlist/playlist-error.ts";
import { renditionNames, type SegmentRoot } from "../protocol/segment-root.ts";
import type { PublisherKey } from "./publisher-key.ts";
import { SegmentHasher } from "./segment-hasher.ts";
import { listedAddresses, withoutRoots, withRoots } from "./signed-playlist.ts";
import { writeAtomically } from "./write-atomically.ts";

export interface SignedPlaylist {
  readonly file: string;
  readonly segments: number;
  /** Segments that got no root, and so are not shared: on another host, not there, or too large. */
  readonly without: number;
}

export class Signer {
  readonly #folder: string;
  readonly #output: string;
  readonly #key: PublisherKey | undefined;
  readonly #hasher = new SegmentHasher();

  /** Playlists under `folder` are written under `output`, which may be the same. With a `key` every root is signed. */
  constructor(folder: string, output: string, key?: PublisherKey) {
    this.#folder = folder;
    this.#output = output;
    this.#key = key;
  }

  /** Undefined for what is no media playlist. Writes nothing that is there already. */
  async sign(playlist: string): Promise<SignedPlaylist | undefined> {
    const text = withoutRoots(await readFile(playlist, "utf8"));
    const listed = named(playlist, () => listedAddresses(text));
    if (!listed) return undefined;
    const roots = new Map<number, SegmentRoot>();
    for (const address of listed) {
      const media = mediaFile(playlist, address.uri);
      const root = media && (await this.#hasher.rootOf(media, address));
      if (root) roots.set(address.line, root);
    }
    const name = path.relative(this.#folder, playlist);
    const file = path.join(this.#output, name);
    const [rendition = ""] = renditionNames(pathToFileURL(path.join("/", name)).pathname);
    const signed = withRoots(
      text,
      ({ line }) => roots.get(line),
      (root) => this.#key?.sign(root, rendition),
    );
    // The hashes are there before the playlist that needs them, and stay until after the one that does not.
    if ((await readFile(file, "utf8").catch(() => undefined)) !== signed) await writeAtomically(file, signed);
    await this.#hasher.tidy();
    return { file, segments: listed.length, without: listed.length - roots.size };
  }
}

/** What is wrong with a playlist is told with its name. */
function named<Result>(file: string, read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    throw error instanceof PlaylistError ? new OptionError(`${file}, ${error.message}`) : error;
  }
}

/** The media playlists of what can be shared, as written. */
function renditionsIn(text: string): readonly string[] {
  const { variants, alternatives } = parseMultivariantPlaylist(text, AS_WRITTEN);
  const shared = alternatives.filter(({ attributes: { TYPE } }) => TYPE === "AUDIO" || TYPE === "VIDEO");
  return [...variants, ...shared].flatMap(({ url }) => url ?? []);
}

/** Where a segment is on disk; undefined for an address on a host, or with variables (EXT-X-DEFINE). */
function mediaFile(playlist: string, uri: string): string | undefined {
  const pathname = uri.replace(/[?#].*/, "");
  if (/^(?:[a-z][a-z\d+.-]*:|\/)|\{\$/i.test(pathname)) return undefined;
  try {
    return path.resolve(path.dirname(playlist), decodeURIComponent(pathname));
  } catch {
    return undefined; // not an encoded path
  }
}

/** The playlists that `start` is or leads to: itself, the renditions of a multivariant playlist, those in a folder. */
export async function findPlaylists(
  start: string,
): Promise<{ readonly folder: string; readonly files: readonly string[] }> {
  const found = await stat(start).catch(() => undefined);
  if (!found) throw new OptionError(`there is no ${start}`);
  if (found.isDirectory()) {
    const names = await readdir(start, { recursive: true });
    return { folder: start, files: names.filter(isPlaylist).map((name) => path.join(start, name)) };
  }
  const folder = path.dirname(start);
  const text = await readFile(start, "utf8");
  if (named(start, () => listedAddresses(text))) return { folder, files: [start] };
  const uris = isPlaylistText(text) ? named(start, () => renditionsIn(text)) : [];
  const files = uris.flatMap((uri) => mediaFile(start, uri) ?? []);
  if (files.length === 0) throw new OptionError(`${start} is no playlist, or lists none that is on this disk`);
  return { folder, files: [...new Set(files)] };
}

export const isPlaylist = (name: string): boolean => /\.m3u8?$/i.test(name);
