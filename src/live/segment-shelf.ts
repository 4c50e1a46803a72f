/**
 * The segments of one live stream, all renditions together: the newest in memory, all of them in files. Keeps what they
 * take on disk below a limit, and a disk that is full costs the oldest segments, never the newest. Knows no playlist.
 */
import { mkdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import type { Logger } from "../base/logger.ts";
import type { Millis } from "../base/time.ts";
import type { LiveFile } from "./live-stream.ts";

export interface SegmentShelfOptions {
  /** The shelf's own: what is in it goes, when it opens and when it closes. */
  readonly folder: string;
  readonly diskBytesMax: number;
  /** How many segments are kept in memory. */
  readonly inMemory: number;
  /** How long a file stays after its segment has left the playlist: whoever has read of it may ask yet. */
  readonly graceMs: Millis;
  /** A segment is gone before its time. */
  readonly lost: (name: string) => void;
  readonly logger: Logger;
}

interface Shelved {
  readonly name: string;
  readonly byteLength: number;
  /** Undefined once it is read from its file. */
  bytes: Uint8Array | undefined;
  file: "waiting" | "written" | "failed";
  droppedAt: Millis | undefined;
}

export class SegmentShelf {
  readonly #options: SegmentShelfOptions;
  /** The oldest first. */
  readonly #shelved = new Map<string, Shelved>();
  #writing: Promise<void> | undefined;
  #bytesOnDisk = 0;
  #isClosed = false;

  static async open(options: SegmentShelfOptions): Promise<SegmentShelf> {
    await rm(options.folder, { recursive: true, force: true });
    await mkdir(options.folder, { recursive: true });
    return new SegmentShelf(options);
  }

  private constructor(options: SegmentShelfOptions) {
    this.#options = options;
  }

  get bytesOnDisk(): number {
    return this.#bytesOnDisk;
  }

  /** `name` is a path within the folder that has never been used. */
  add(name: string, bytes: Uint8Array): void {
    if (this.#isClosed) return;
    this.#shelved.set(name, {
      name,
      byteLength: bytes.length,
      bytes,
      file: "waiting",
      droppedAt: undefined,
    });
    this.#freeMemory();
    this.#writing ??= this.#write().finally(() => {
      this.#writing = undefined;
    });
  }

  /** No playlist lists it any more. */
  drop(name: string): void {
    const shelved = this.#shelved.get(name);
    if (shelved) shelved.droppedAt ??= Date.now();
  }

  find(name: string): LiveFile["bytes"] | undefined {
    const shelved = this.#shelved.get(name);
    if (!shelved) return undefined;
    return shelved.bytes ?? { path: this.#pathOf(name), byteLength: shelved.byteLength };
  }

  /** Once everything added has been written, or could not be. */
  async settled(): Promise<void> {
    await this.#writing;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#writing;
    this.#shelved.clear();
    this.#bytesOnDisk = 0;
    await rm(this.#options.folder, { recursive: true, force: true });
  }

  /** One after the other, until nothing waits. */
  async #write(): Promise<void> {
    for (;;) {
      await this.#removeDropped();
      const next = [...this.#shelved.values()].find(({ file }) => file === "waiting");
      if (!next || this.#isClosed) return;
      while (this.#bytesOnDisk + next.byteLength > this.#options.diskBytesMax && (await this.#removeOldest()));
      next.file = await this.#writeFile(next);
      if (next.file === "written") this.#bytesOnDisk += next.byteLength;
      // Given up while it was being written.
      if (!this.#shelved.has(next.name)) await this.#remove(next);
      this.#freeMemory();
    }
  }

  async #writeFile({ name, bytes }: Shelved): Promise<"written" | "failed"> {
    const file = this.#pathOf(name);
    for (;;) {
      try {
        await mkdir(path.dirname(file), { recursive: true });
        await writeFile(file, bytes ?? new Uint8Array(0));
        return "written";
      } catch (error) {
        await this.#discard(file);
        const isFull = error instanceof Error && "code" in error && FULL.has(String(error.code));
        if (isFull && (await this.#removeOldest())) continue;
        this.#options.logger.warn(
          "live:disk",
          () => `${file} is kept in memory alone, and not for long: ${String(error)}`,
        );
        return "failed";
      }
    }
  }

  async #removeDropped(): Promise<void> {
    const before = Date.now() - this.#options.graceMs;
    for (const shelved of [...this.#shelved.values()])
      if (shelved.droppedAt !== undefined && shelved.droppedAt <= before) await this.#remove(shelved);
  }

  /** Of those on disk; false when there is none. */
  async #removeOldest(): Promise<boolean> {
    const oldest = [...this.#shelved.values()].find(({ file }) => file === "written");
    if (!oldest) return false;
    await this.#remove(oldest);
    return true;
  }

  async #remove(shelved: Shelved): Promise<void> {
    if (this.#shelved.delete(shelved.name) && shelved.droppedAt === undefined) this.#options.lost(shelved.name);
    if (shelved.file !== "written") return;
    await this.#discard(this.#pathOf(shelved.name));
    this.#bytesOnDisk -= shelved.byteLength;
  }

  /** The older ones are read from their files; those that have none are gone. */
  #freeMemory(): void {
    const inMemory = [...this.#shelved.values()].filter(({ bytes }) => bytes !== undefined);
    const { inMemory: kept, lost } = this.#options;
    inMemory.slice(0, Math.max(0, inMemory.length - kept)).forEach((shelved, index) => {
      if (shelved.file === "written") shelved.bytes = undefined;
      // A disk that is too slow: what waits for it is memory.
      else if (shelved.file === "failed" || index < inMemory.length - kept * WAITING) {
        this.#shelved.delete(shelved.name);
        if (shelved.droppedAt === undefined) lost(shelved.name);
      }
    });
  }

  async #discard(file: string): Promise<void> {
    await rm(file, { force: true }).catch((error: unknown) => {
      this.#options.logger.warn("live:disk", () => `${file} cannot be removed: ${String(error)}`);
    });
  }

  #pathOf(name: string): string {
    return path.join(this.#options.folder, name);
  }
}

/** No space, or no more of it for this user. */
const FULL: ReadonlySet<string> = new Set(["ENOSPC", "EDQUOT"]);

/** Times as many as are kept in memory may wait to be written. */
const WAITING = 4;
