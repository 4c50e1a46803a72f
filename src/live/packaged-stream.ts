/**
 * A live stream that we package: publishers come and go, its renditions go on, and it ends when nobody has come back in
 * time. Bytes of media come from `ingest.ts`; serving them is somebody else's.
 */
import path from "node:path";
import type { Logger } from "../base/logger.ts";
import { OptionError } from "../base/option-error.ts";
import type { Millis, Seconds } from "../base/time.ts";
import type { PublisherKey } from "../signer/publisher-key.ts";
import { FragmentSplitter } from "./core/fragment-splitter.ts";
import type { LiveStream } from "./live-stream.ts";
import { PackagedRendition, type PublishRun } from "./packaged-rendition.ts";
import { SegmentShelf } from "./segment-shelf.ts";
import type { MediaFacts } from "./stream-inf.ts";

/** One encoding of the ladder. */
export interface Rung {
  readonly width: number;
  readonly height: number;
  readonly videoBitsPerSecond: number;
}

export interface PackagingOptions {
  /** Everything of the stream is in a folder of its own below this one, named after it. */
  readonly folder: string;
  /** What ffmpeg encodes. None: one rendition, the source as it is where that is H.264 and AAC. */
  readonly ladder: readonly Rung[];
  readonly container: "fmp4" | "ts";
  /** 1 to 10. */
  readonly segmentSeconds: Seconds;
  /** Segments are listed in parts of this length (low latency, fMP4 alone); undefined: they are not. */
  readonly partSeconds: Seconds | undefined;
  /** How far back viewers can go. */
  readonly windowSeconds: Seconds;
  /** Of the stream, all renditions together. */
  readonly diskBytesMax: number;
  /** How long a stream waits for its publisher to come back. */
  readonly reconnectMs: Millis;
  /** Whether playlists give roots (`docs/protocol.md`, IN1), and what signs them. */
  readonly roots: boolean;
  readonly key: PublisherKey | undefined;
  readonly logger: Logger;
}

/** Takes what one publisher's ffmpeg writes. Whatever it is given after another has begun, it drops. */
export interface PublishSession {
  /** Fragmented MP4 of the rendition, in pieces of any size. */
  bytes(rendition: number, bytes: Uint8Array): void;
  /** A segment of MPEG-TS of the rendition. */
  segment(rendition: number, bytes: Uint8Array, start: Seconds, duration: Seconds, facts: MediaFacts): void;
  /** Whether anything has come that can be played. */
  readonly hasMedia: boolean;
  /** Called once when another publisher takes its place, or the stream ends. */
  onReplaced: (() => void) | undefined;
  /** The publisher has gone. `isOver`: and will not come back. */
  finish(isOver: boolean): void;
}

export async function openPackagedStream(name: string, options: PackagingOptions): Promise<PackagedStream> {
  if (!/^[\w-]{1,64}$/.test(name))
    throw new OptionError(`a stream's name is made of letters, digits, "-" and "_": not ${JSON.stringify(name)}`);
  if (options.partSeconds !== undefined && options.container === "ts")
    throw new OptionError("parts are made of fMP4, not of MPEG-TS");
  const stream: { opened?: PackagedStream } = {};
  const shelf = await SegmentShelf.open({
    folder: path.join(options.folder, `live-${name}`),
    diskBytesMax: options.diskBytesMax,
    inMemory: SEGMENTS_IN_MEMORY * Math.max(1, options.ladder.length),
    graceMs: Math.min(options.windowSeconds, GRACE_SECONDS_MAX) * 1000,
    lost: (file) => stream.opened?.lost(file),
    logger: options.logger,
  });
  stream.opened = new PackagedStream(name, options, shelf);
  return stream.opened;
}

export class PackagedStream implements LiveStream {
  readonly name: string;
  readonly options: PackagingOptions;
  readonly renditions: readonly PackagedRendition[];
  readonly #shelf: SegmentShelf;
  readonly #listeners = new Set<() => void>();
  #state: LiveStream["state"] = "waiting";
  #session: PublishSession | undefined;
  #endTimer: NodeJS.Timeout | undefined;

  constructor(name: string, options: PackagingOptions, shelf: SegmentShelf) {
    this.name = name;
    this.options = options;
    this.#shelf = shelf;
    const now = Date.now();
    const { ladder } = options;
    const names = ladder.length > 0 ? rungNames(ladder) : [ONLY_RENDITION];
    this.renditions = names.map((rendition, index) => {
      const rung = ladder[index];
      return new PackagedRendition({
        ...options,
        name: rendition,
        epoch: now.toString(36),
        mediaSequence: Math.floor(now / 1000) - SEQUENCE_ORIGIN,
        isIndependent: rung !== undefined,
        bitsPerSecond: rung && (rung.videoBitsPerSecond + AUDIO_BITS_PER_SECOND) * OVERHEAD,
        shelf,
        changed: () => {
          this.#changed();
        },
        began: (targetDuration) => {
          this.#judge(targetDuration);
        },
      });
    });
  }

  get state(): LiveStream["state"] {
    return this.#state;
  }
  get isPublished(): boolean {
    return this.#session !== undefined;
  }

  master(): string | undefined {
    if (this.renditions.some(({ streamInf }) => streamInf === "")) return undefined;
    const variants = this.renditions.flatMap(({ name, streamInf }) => [
      `#EXT-X-STREAM-INF:${streamInf}`,
      `${name}/index.m3u8`,
    ]);
    const independent = this.options.ladder.length > 0 ? ["#EXT-X-INDEPENDENT-SEGMENTS"] : [];
    return ["#EXTM3U", "#EXT-X-VERSION:6", ...independent, ...variants, ""].join("\n");
  }

  /**
   * A publisher begins; whoever published before is replaced: most likely it is the same, whose old connection hangs.
   * `startedAt` is when its first bytes came, in milliseconds since 1970; else media is as old as it is when it comes.
   */
  begin(hasForcedKeyFrames: boolean, startedAt?: number): PublishSession {
    if (this.#state === "ended") throw new OptionError(`the stream ${this.name} has ended`);
    this.#finish();
    clearTimeout(this.#endTimer);
    // Whoever sends faster than time passes has published the future: no time is told twice.
    const epochMs = startedAt && Math.max(startedAt, ...this.renditions.map(({ endsAtMs }) => endsAtMs));
    const run: PublishRun = { hasForcedKeyFrames, epochMs };
    for (const rendition of this.renditions) rendition.begin(run);
    const splitters = this.renditions.map(() => new FragmentSplitter());
    const isCurrent = (): boolean => this.#session === session;
    let hasMedia = false;
    const session: PublishSession = {
      onReplaced: undefined,
      get hasMedia() {
        return hasMedia;
      },
      bytes: (index, bytes) => {
        if (!isCurrent()) return;
        const rendition = this.renditions[index];
        for (const cut of splitters[index]?.push(bytes) ?? []) {
          hasMedia ||= cut.type === "fragment";
          if (cut.type === "init") rendition?.takeInit(cut.init);
          else rendition?.takeFragment(cut.fragment);
        }
      },
      segment: (index, bytes, start, duration, facts) => {
        if (!isCurrent()) return;
        hasMedia = true;
        this.renditions[index]?.takeSegment(bytes, start, duration, facts);
      },
      finish: (isOver) => {
        if (!isCurrent()) return;
        session.onReplaced = undefined;
        this.#finish();
        if (isOver) void this.end();
        else this.#endTimer = setTimeout(() => void this.end(), this.options.reconnectMs);
      },
    };
    this.#session = session;
    this.#state = "live";
    this.#changed();
    return session;
  }

  on(_event: "change", listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async end(): Promise<void> {
    clearTimeout(this.#endTimer);
    if (this.#state !== "ended") {
      this.#finish();
      this.#state = "ended";
      for (const rendition of this.renditions) rendition.end();
      this.#changed();
    }
    await this.#shelf.settled();
  }

  async close(): Promise<void> {
    await this.end();
    this.#listeners.clear();
    await this.#shelf.close();
  }

  /** What the shelf could not keep. */
  lost(file: string): void {
    const [folder, name = ""] = file.split("/");
    this.renditions.find((rendition) => rendition.name === folder)?.lost(name);
  }

  #finish(): void {
    const session = this.#session;
    if (!session) return;
    this.#session = undefined;
    session.onReplaced?.();
    for (const rendition of this.renditions) rendition.finish();
  }

  /** Of an encoder whose key frames are as far apart as most send them unless they are told, viewers are half a minute behind. */
  #judge(targetDuration: Seconds): void {
    const { segmentSeconds, logger } = this.options;
    if (targetDuration <= segmentSeconds * SLACK) return;
    const why = `${this.name}: segments last ${targetDuration} s, as the publisher's key frames come, and viewers are three behind`;
    logger.warn("live", () => `${why}: set the encoder's key frame interval to ${segmentSeconds} s`);
  }

  #changed(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}

/** By height, as everybody calls them; with the bit rate where two are of one height. */
function rungNames(ladder: readonly Rung[]): readonly string[] {
  return ladder.map(({ height, videoBitsPerSecond }) => {
    const isAlone = ladder.filter((other) => other.height === height).length === 1;
    return isAlone ? `${height}p` : `${height}p-${Math.round(videoBitsPerSecond / 1000)}k`;
  });
}

/** Of the rendition of a stream that has one. */
const ONLY_RENDITION = "main";

/** Key frames every 2.5 s are nobody's mistake. */
const SLACK = 1.5;

/** Of each rendition: those that nearly all viewers ask for. */
const SEGMENTS_IN_MEMORY = 4;

/** A playlist's length is what RFC 8216 section 6.2.2 asks for; of hours of DVR it would be hours. */
const GRACE_SECONDS_MAX = 60;

/**
 * Seconds from 1970. Sequence numbers begin with the second at which a stream does: segments last a second or more, so
 * they go on growing when the process is restarted, and players go on as over a gap.
 */
const SEQUENCE_ORIGIN = 1_700_000_000;

export const AUDIO_BITS_PER_SECOND = 128_000;
/** Of fragments, and of an encoder that goes over its rate for a second. */
const OVERHEAD = 1.1;
