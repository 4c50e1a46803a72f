/**
 * Whole segments of one stream on disk, those used longest ago removed first. Survives restarts by its file names alone: they
 * say which segment, which version of it, and how long it is. Decides nothing about what is worth keeping.
 */
import { mkdir, open, readdir, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import path from "node:path";
import type { Logger } from "../base/logger.ts";
import { OptionError } from "../base/option-error.ts";
import type { Bytes, Millis } from "../base/time.ts";
import type { SegmentId } from "../protocol/ids.ts";

export interface DiskCacheOptions {
  /** Of this stream alone. Made when it is not there. */
  readonly folder: string;
  readonly bytesMax: Bytes;
  readonly logger: Logger;
}

/** What the operator sees of it. */
export interface DiskCacheState {
  readonly bytes: Bytes;
  readonly bytesMax: Bytes;
  readonly segments: number;
  readonly hits: number;
  readonly misses: number;
  /** Reads and writes that failed. */
  readonly failures: number;
}

/** A segment that is on disk. */
export interface CachedSegment {
  readonly byteLength: Bytes;
  /** In pieces; rejects when it is not there any more, or not as long as it was. Everything is read before `end`. */
  read(start: Bytes, end: Bytes): AsyncGenerator<Uint8Array<ArrayBuffer>>;
}

interface Entry {
  readonly file: string;
  readonly version: string;
  readonly byteLength: Bytes;
}

/** Rejects with an {@link OptionError} where the folder cannot be used at all. */
export async function openDiskCache(options: DiskCacheOptions): Promise<DiskCache> {
  try {
    await makeFolder(options.folder);
    const entries = await readEntries(options.folder);
    await tryToWrite(path.join(options.folder, UNFINISHED));
    return new DiskCache(options, entries);
  } catch (error) {
    throw new OptionError(`the cache cannot be kept in ${options.folder}: ${String(error)}`);
  }
}

export class DiskCache {
  readonly #options: DiskCacheOptions;
  /** Least recently used first. */
  readonly #entries: Map<SegmentId, Entry>;
  #bytes: Bytes = 0;
  #hits = 0;
  #misses = 0;
  #failures = 0;
  #writing: Promise<void> = Promise.resolve();
  #waiting = 0;
  #restsUntil: Millis = -Infinity;

  constructor(options: DiskCacheOptions, entries: Map<SegmentId, Entry>) {
    this.#options = options;
    this.#entries = entries;
    for (const { byteLength } of entries.values()) this.#bytes += byteLength;
  }

  state(): DiskCacheState {
    const { bytesMax } = this.#options;
    const counts = { hits: this.#hits, misses: this.#misses, failures: this.#failures };
    return { bytes: this.#bytes, bytesMax, segments: this.#entries.size, ...counts };
  }

  /** Another version than the one asked for is removed: it has been replaced under its name. */
  find(segment: SegmentId, isVersion: (version: string) => boolean): CachedSegment | undefined {
    const entry = this.#entries.get(segment);
    if (entry && !isVersion(entry.version)) void this.#remove(segment, entry);
    else if (entry) {
      this.#hits++;
      this.#entries.delete(segment);
      this.#entries.set(segment, entry);
      return { byteLength: entry.byteLength, read: (start, end) => this.#read(segment, entry, start, end) };
    }
    this.#misses++;
    return undefined;
  }

  has(segment: SegmentId): boolean {
    return this.#entries.has(segment);
  }

  /** Written in its turn. `bytes` must not change. What comes faster than the disk takes it is not kept. */
  put(segment: SegmentId, version: string, bytes: Uint8Array): void {
    const { bytesMax } = this.#options;
    if (this.#waiting >= WRITES_WAITING_MAX || bytes.byteLength > bytesMax) return;
    this.#waiting++;
    this.#writing = this.#writing
      .then(() => this.#write(segment, version, bytes))
      .catch((error: unknown) => {
        this.#restsUntil = performance.now() + REST_MS;
        this.#fail("nothing is written for a while", error);
      })
      .finally(() => {
        this.#waiting--;
      });
  }

  /** Resolves when everything that was to be written is. */
  settled(): Promise<void> {
    return this.#writing;
  }

  async #write(segment: SegmentId, version: string, bytes: Uint8Array): Promise<void> {
    const { folder, bytesMax } = this.#options;
    if (this.#restsUntil > performance.now()) return;
    const before = this.#entries.get(segment);
    if (before) await this.#remove(segment, before);
    for (const [oldest, entry] of this.#entries) {
      if (this.#bytes + bytes.byteLength <= bytesMax) break;
      await this.#remove(oldest, entry);
    }
    const { byteLength } = bytes;
    const file = path.join(folder, nameOf(segment, version, byteLength));
    const unfinished = path.join(folder, UNFINISHED);
    try {
      await writeFile(unfinished, bytes);
      await rename(unfinished, file);
    } catch (error) {
      await rm(unfinished, { force: true }).catch(() => undefined);
      throw error;
    }
    this.#entries.set(segment, { file, version, byteLength });
    this.#bytes += byteLength;
  }

  async *#read(segment: SegmentId, entry: Entry, start: Bytes, end: Bytes): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    try {
      const file = await open(entry.file);
      try {
        if ((await file.stat()).size !== entry.byteLength) throw new Error(`${entry.file} is not as long as it was`);
        for (let at = start; at < end; at += READ_BYTES) {
          const piece = new Uint8Array(Math.min(READ_BYTES, end - at));
          const { bytesRead } = await file.read(piece, 0, piece.byteLength, at);
          if (bytesRead !== piece.byteLength) throw new Error(`${entry.file} ends early`);
          yield piece;
        }
      } finally {
        await file.close();
      }
      // So that a restart knows what was used last.
      const now = new Date();
      await utimes(entry.file, now, now).catch(() => undefined);
    } catch (error) {
      this.#fail("a segment is gone", error);
      await this.#remove(segment, entry);
      throw error;
    }
  }

  async #remove(segment: SegmentId, entry: Entry): Promise<void> {
    if (this.#entries.get(segment) !== entry) return;
    this.#entries.delete(segment);
    this.#bytes -= entry.byteLength;
    await rm(entry.file, { force: true }).catch((error: unknown) => {
      this.#fail("a file stays", error);
    });
  }

  #fail(what: string, error: unknown): void {
    this.#failures++;
    this.#options.logger.warn("seeder:cache", () => `${what}: ${String(error)}`);
  }
}

/** Node's own recursion never ends where a folder that is there lets nobody make another and says ENOENT, as /proc does. */
async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "EEXIST") return;
    if (code !== "ENOENT" || path.dirname(folder) === folder) throw error;
    await makeFolder(path.dirname(folder));
    await mkdir(folder);
  }
}

/** An empty file: a full disk may be full of what this cache has put there. */
async function tryToWrite(file: string): Promise<void> {
  await writeFile(file, "");
  await rm(file);
}

/** `1f…_17_0badcafe_version_92841`; a segment's id has slashes. */
const nameOf = (segment: SegmentId, version: string, byteLength: Bytes): string =>
  [...segment.split("/"), version, byteLength].join("_");

async function readEntries(folder: string): Promise<Map<SegmentId, Entry>> {
  await rm(path.join(folder, UNFINISHED), { force: true });
  const found: { readonly segment: SegmentId; readonly entry: Entry; readonly usedAt: number }[] = [];
  for (const name of await readdir(folder)) {
    const [, track, sequence, tag, version, size] = NAME.exec(name) ?? [];
    if (!track || !sequence || !tag || !version || !size) continue; // not ours
    const file = path.join(folder, name);
    const { size: byteLength, mtimeMs } = await stat(file);
    const segment = `${track}/${sequence}/${tag}` as SegmentId;
    if (byteLength === Number(size)) found.push({ segment, entry: { file, version, byteLength }, usedAt: mtimeMs });
    else await rm(file, { force: true });
  }
  found.sort((a, b) => a.usedAt - b.usedAt);
  return new Map(found.map(({ segment, entry }) => [segment, entry]));
}

const NAME = /^([0-9a-f]{16})_(\d{1,16})_([0-9a-f]{8})_([0-9a-z]+)_([1-9]\d{0,9})$/;
/** One write at a time. What a crash leaves of it is never read. */
const UNFINISHED = ".unfinished";

const READ_BYTES = 256 * 1024;
/** A few seconds of all renditions. */
const WRITES_WAITING_MAX = 32;
/** A full disk does not empty itself; somebody has to come. */
const REST_MS: Millis = 30_000;
