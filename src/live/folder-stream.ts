/**
 * A live stream that another packager writes into a folder: its playlists and segments go out as they are, with roots
 * added. Looks when somebody asks, and signs a playlist once for each time it has been written.
 */
import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import type { Logger } from "../base/logger.ts";
import { OptionError } from "../base/option-error.ts";
import type { PublisherKey } from "../signer/publisher-key.ts";
import { isPlaylist, Signer } from "../signer/signer.ts";
import type { LiveFile, LiveStream } from "./live-stream.ts";

export interface FolderOptions {
  /** Whether playlists give roots (`docs/protocol.md`, IN1), and what signs them. Hashes are written beside segments. */
  readonly roots: boolean;
  readonly key: PublisherKey | undefined;
  readonly logger: Logger;
}

export async function openFolderStream(name: string, folder: string, options: FolderOptions): Promise<LiveStream> {
  const found = await stat(folder).catch(() => undefined);
  if (!found?.isDirectory()) throw new OptionError(`there is no folder ${folder}`);
  const signed = await mkdtemp(path.join(os.tmpdir(), "hls-swarm-folder-"));
  return new FolderStream(name, path.resolve(folder), signed, options);
}

interface Signed {
  /** Of the packager's playlist then. */
  readonly changedAt: number;
  readonly text: Promise<Buffer>;
}

class FolderStream implements LiveStream {
  readonly name: string;
  readonly renditions = [];
  readonly #folder: string;
  readonly #output: string;
  readonly #options: FolderOptions;
  readonly #signer: Signer;
  readonly #signed = new Map<string, Signed>();
  readonly #listeners = new Set<() => void>();
  #isEnded = false;

  constructor(name: string, folder: string, output: string, options: FolderOptions) {
    this.name = name;
    this.#folder = folder;
    this.#output = output;
    this.#options = options;
    this.#signer = new Signer(folder, output, options.key);
  }

  get state(): LiveStream["state"] {
    return this.#isEnded ? "ended" : "live";
  }
  get isPublished(): boolean {
    return !this.#isEnded;
  }

  /** It is one of the folder's files. */
  master(): undefined {
    return undefined;
  }

  async other(asked: string): Promise<LiveFile | undefined> {
    const file = this.#fileOf(asked);
    const found = file === undefined ? undefined : await stat(file).catch(() => undefined);
    if (file !== undefined && found?.isFile()) {
      if (isPlaylist(file)) return playlistFile(await this.#textOf(file, found.mtimeMs));
      return { bytes: { path: file, byteLength: found.size }, type: typeOf(file), isImmutable: false };
    }
    const entry = asked === ENTRY ? await this.#entry() : undefined;
    return entry === undefined ? undefined : this.other(entry);
  }

  on(_event: "change", listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Whether the packager ends its playlists is the packager's affair. */
  end(): Promise<void> {
    this.#isEnded = true;
    for (const listener of [...this.#listeners]) listener();
    return Promise.resolve();
  }

  async close(): Promise<void> {
    await this.end();
    this.#listeners.clear();
    await rm(this.#output, { recursive: true, force: true });
  }

  /** Undefined for what is not below the folder, and for hidden files, which may be half written. */
  #fileOf(asked: string): string | undefined {
    const parts = asked.split(/[/\\]/);
    const isPlain = !asked.includes("\0") && parts.every((part) => part !== "" && !part.startsWith("."));
    return isPlain ? path.join(this.#folder, ...parts) : undefined;
  }

  #textOf(file: string, changedAt: number): Promise<Buffer> {
    const before = this.#signed.get(file);
    if (before?.changedAt === changedAt) return before.text;
    const text = this.#sign(file);
    this.#signed.set(file, { changedAt, text });
    return text;
  }

  async #sign(file: string): Promise<Buffer> {
    if (!this.#options.roots) return readFile(file);
    try {
      // A multivariant playlist has no roots.
      const signed = await this.#signer.sign(file);
      return await readFile(signed?.file ?? file);
    } catch (error) {
      this.#options.logger.warn("live:folder", () => `${file} goes out without roots: ${String(error)}`);
      return readFile(file);
    }
  }

  /** Its multivariant playlist by whatever name, or else its only playlist. */
  async #entry(): Promise<string | undefined> {
    const names = (await readdir(this.#folder)).filter((name) => isPlaylist(name) && !name.startsWith("."));
    for (const name of names)
      if ((await readFile(path.join(this.#folder, name), "utf8")).includes("#EXT-X-STREAM-INF:")) return name;
    return names.length === 1 ? names[0] : undefined;
  }
}

const playlistFile = (bytes: Uint8Array): LiveFile => ({ bytes, type: PLAYLIST_TYPE, isImmutable: false });

const typeOf = (file: string): string => TYPES.get(path.extname(file)) ?? "application/octet-stream";

/** What every stream's address ends in. */
const ENTRY = "index.m3u8";
const PLAYLIST_TYPE = "application/vnd.apple.mpegurl";
const TYPES: ReadonlyMap<string, string> = new Map([
  [".ts", "video/mp2t"],
  [".m4s", "video/mp4"],
  [".mp4", "video/mp4"],
  [".m4v", "video/mp4"],
  [".cmfv", "video/mp4"],
  [".m4a", "audio/mp4"],
  [".cmfa", "audio/mp4"],
  [".aac", "audio/aac"],
  [".vtt", "text/vtt"],
]);
