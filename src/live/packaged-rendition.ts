/**
 * One rendition that we package: takes the fragments or segments of one publisher after the other, names them, hashes
 * them, lists them and has them at hand. What runs ffmpeg, and when a stream ends, is not known here.
 */
import { renditionNames, printRoot } from "../protocol/segment-root.ts";
import type { PublisherKey } from "../signer/publisher-key.ts";
import { hashSegment } from "../signer/segment-hashes.ts";
import type { Seconds } from "../base/time.ts";
import type { Fragment } from "./core/fragment-splitter.ts";
import type { InitSegment } from "./core/init-segment.ts";
import { LivePlaylist, type ListedPart, type SegmentHead } from "./core/live-playlist.ts";
import { SegmentCutter } from "./core/segment-cutter.ts";
import type { LiveFile, LiveRendition } from "./live-stream.ts";
import type { SegmentShelf } from "./segment-shelf.ts";
import { streamInfOf, type MediaFacts } from "./stream-inf.ts";

export interface RenditionOptions {
  readonly name: string;
  /** Never the same in two streams: begins the names of its files. */
  readonly epoch: string;
  readonly mediaSequence: number;
  readonly windowSeconds: Seconds;
  readonly segmentSeconds: Seconds;
  /** Whoever publishes, every segment will begin with a key frame. */
  readonly isIndependent: boolean;
  /** Undefined where segments are not listed in parts. */
  readonly partSeconds: Seconds | undefined;
  /** Upper bound of a second's bits; undefined where it is measured. */
  readonly bitsPerSecond: number | undefined;
  readonly shelf: SegmentShelf;
  /** Whether playlists give roots, and what signs them. */
  readonly roots: boolean;
  readonly key: PublisherKey | undefined;
  readonly changed: () => void;
  /** Called once, with the target duration: what the first segment lasts, or what was asked for. */
  readonly began: (targetDuration: Seconds) => void;
}

/** One publisher's run. Its renditions count from the same instant. */
export interface PublishRun {
  /** Key frames come when they are asked for: ffmpeg encodes. */
  readonly hasForcedKeyFrames: boolean;
  /** The wall clock, in milliseconds since 1970, at the start of its timeline. */
  epochMs: number | undefined;
}

interface Part {
  readonly listed: ListedPart;
  readonly bytes: Uint8Array;
}

/** What is kept in memory beside the shelf: parts, init segments and hashes. */
interface Kept {
  readonly bytes: Uint8Array;
  /** Not needed once this segment is no longer near the end of the playlist, or has left it. */
  readonly sequence: number;
  readonly until: "parts are forgotten" | "segment is forgotten";
}

export class PackagedRendition implements LiveRendition {
  readonly name: string;
  readonly #options: RenditionOptions;
  #cutter: SegmentCutter;
  readonly #kept = new Map<string, Kept>();
  readonly #waiting = new Set<() => void>();
  #playlist: LivePlaylist | undefined;
  #streamInf = "";
  #kind: LiveRendition["kind"] = "video";
  #run: PublishRun = { hasForcedKeyFrames: false, epochMs: undefined };
  #init: { readonly name: string; readonly segment: InitSegment } | undefined;
  #inits = 0;
  #isDiscontinuous = false;
  /** Of the segment that is being made. */
  #parts: Part[] = [];
  #head: SegmentHead | undefined;
  #partsMade = 0;
  #frames = 0;
  #endsAtMs = 0;

  constructor(options: RenditionOptions) {
    this.name = options.name;
    this.#options = options;
    this.#cutter = new SegmentCutter({ ...options, ...this.#run });
  }

  get streamInf(): string {
    return this.#streamInf;
  }
  get kind(): LiveRendition["kind"] {
    return this.#kind;
  }

  /** The wall clock at the end of what is listed, in milliseconds since 1970. */
  get endsAtMs(): number {
    return this.#endsAtMs;
  }

  playlist(): string | undefined {
    return this.#playlist?.print(this.#hint());
  }

  async reached(sequence: number, part?: number): Promise<boolean> {
    for (;;) {
      const playlist = this.#playlist;
      if (playlist?.has(sequence, part)) return true;
      // Section 6.2.5.2 of RFC 8216bis; what is the next segment before the first is nobody's to know.
      if (!playlist || sequence > playlist.nextSequence + AHEAD_MAX) return false;
      await this.#nextChange();
    }
  }

  async file(name: string): Promise<LiveFile | undefined> {
    while (name === this.#hint()) await this.#nextChange();
    const bytes = this.#kept.get(name)?.bytes ?? this.#options.shelf.find(`${this.name}/${name}`);
    return bytes && { bytes, type: typeOf(name), isImmutable: true };
  }

  /** A publisher begins. */
  begin(run: PublishRun): void {
    this.#run = run;
    this.#cutter = new SegmentCutter({ ...this.#options, ...run });
    if (this.#playlist) this.#cutter.limitTo(this.#playlist.targetDuration);
    this.#isDiscontinuous = this.#playlist !== undefined;
  }

  takeInit(segment: InitSegment): void {
    if (this.#init && Buffer.compare(this.#init.segment.bytes, segment.bytes) === 0) return;
    this.#init = { name: `i${this.#options.epoch}-${this.#inits++}.mp4`, segment };
  }

  takeFragment({ bytes, start, duration, isIndependent, frames }: Fragment): void {
    if (this.#cutter.endsBefore({ duration, isIndependent })) this.#closeSegment();
    this.#run.epochMs ??= Date.now() - (start + duration) * 1000;
    const head = (this.#head ??= this.#newHead(start));
    const uri = `p${this.#options.epoch}-${this.#partsMade++}.m4s`;
    const sequence = this.#nextSequence();
    const isListed = this.#options.partSeconds !== undefined;
    const rootLine = isListed ? this.#rootLine(uri, bytes, sequence, this.#parts.length) : undefined;
    const listed = { uri, duration, isIndependent, rootLine };
    this.#parts.push({ listed, bytes });
    this.#frames += frames;
    if (isListed) {
      this.#kept.set(uri, { bytes, sequence, until: "parts are forgotten" });
      this.#playlist?.addPart(listed, head);
    }
    if (this.#cutter.add({ duration })) this.#closeSegment();
    this.#changed();
  }

  /** A whole segment of MPEG-TS. */
  takeSegment(bytes: Uint8Array, start: Seconds, duration: Seconds, facts: MediaFacts): void {
    this.#run.epochMs ??= Date.now() - (start + duration) * 1000;
    this.#list(bytes, duration, this.#newHead(start), "ts", facts);
    this.#changed();
  }

  /** The publisher has gone: what there is of a segment is one. */
  finish(): void {
    if (this.#parts.length > 0) this.#closeSegment();
    this.#partsMade++; // whoever waits for the part that was hinted at waits in vain
    this.#changed();
  }

  end(): void {
    this.finish();
    this.#playlist?.end();
    this.#changed();
  }

  /** The segment of this name is gone from the shelf, so the playlist cannot list it, nor what is older. */
  lost(name: string): void {
    const listed = this.#playlist?.segments ?? [];
    const at = listed.findIndex(({ uri }) => uri === name);
    for (let i = 0; i <= at; i++) this.#forget(this.#playlist?.removeOldest()?.uri);
    if (at >= 0) this.#changed();
  }

  #closeSegment(): void {
    const head = this.#head;
    const lasted = this.#parts.reduce((sum, { listed }) => sum + listed.duration, 0);
    const duration = Math.max(lasted, SECONDS_MIN);
    const bytes = Buffer.concat(this.#parts.map((part) => part.bytes));
    const facts = { tracks: this.#init?.segment.tracks ?? [], framesPerSecond: this.#frames / duration };
    if (head) this.#list(bytes, duration, head, "m4s", facts);
    this.#parts = [];
    this.#head = undefined;
    this.#frames = 0;
    this.#cutter.restart();
  }

  #list(bytes: Uint8Array, duration: Seconds, head: SegmentHead, extension: string, facts: MediaFacts): void {
    const { epoch, shelf, bitsPerSecond } = this.#options;
    const sequence = this.#nextSequence();
    const uri = `s${epoch}-${sequence}.${extension}`;
    const rootLine = this.#rootLine(uri, bytes, sequence);
    shelf.add(`${this.name}/${uri}`, bytes);
    this.#kind = facts.tracks.some(({ kind }) => kind === "video") ? "video" : "audio";
    this.#streamInf ||= streamInfOf(this.name, bitsPerSecond ?? measured(bytes.length, duration), facts);
    const playlist = (this.#playlist ??= this.#begun(duration, head));
    this.#isDiscontinuous = false;
    this.#endsAtMs = Date.parse(head.programDateTime) + duration * 1000;
    for (const { uri: gone } of playlist.addSegment({ ...head, uri, duration, rootLine })) this.#forget(gone);
    this.#tidy();
  }

  /** The first segment tells what the playlist must say of all. */
  #begun(duration: Seconds, head: SegmentHead): LivePlaylist {
    const { segmentSeconds, partSeconds, mediaSequence, windowSeconds, isIndependent } = this.#options;
    const targetDuration = Math.max(1, Math.round(segmentSeconds), Math.round(duration));
    this.#cutter.limitTo(targetDuration);
    this.#options.began(targetDuration);
    const longest = Math.max(partSeconds ?? 0, ...this.#parts.map(({ listed }) => listed.duration));
    const playlist = new LivePlaylist({
      targetDuration,
      partTarget: partSeconds && Math.ceil(longest * PART_ROUNDING * 1000) / 1000,
      mediaSequence,
      windowSeconds,
      isIndependent,
    });
    if (partSeconds !== undefined) for (const { listed } of this.#parts) playlist.addPart(listed, head);
    return playlist;
  }

  #newHead(start: Seconds): SegmentHead {
    const at = new Date((this.#run.epochMs ?? 0) + start * 1000);
    if (this.#init) {
      const { name, segment } = this.#init;
      this.#kept.set(name, { bytes: segment.bytes, sequence: Infinity, until: "segment is forgotten" });
    }
    return { map: this.#init?.name, isDiscontinuous: this.#isDiscontinuous, programDateTime: at.toISOString() };
  }

  /** The hashes are at hand before the playlist that needs them. */
  #rootLine(uri: string, bytes: Uint8Array, sequence: number, part?: number): string | undefined {
    const { roots, key } = this.#options;
    const hashed = roots ? hashSegment(bytes, { sequence, uri }) : undefined;
    if (!hashed) return undefined;
    const until = part === undefined ? "segment is forgotten" : "parts are forgotten";
    this.#kept.set(`${uri}.hashes`, { bytes: hashed.hashes, sequence, until });
    // The path of its playlist within the stream's folder, as the command `sign` would have it.
    const [rendition = ""] = renditionNames(`${this.name}/index.m3u8`);
    return printRoot(hashed.root, key?.sign(hashed.root, rendition), part);
  }

  #forget(uri: string | undefined): void {
    if (uri !== undefined) this.#options.shelf.drop(`${this.name}/${uri}`);
  }

  #tidy(): void {
    const listed = this.#playlist?.segments ?? [];
    const next = this.#nextSequence();
    const maps = new Set([this.#init?.name, ...listed.map(({ map }) => map)]);
    for (const [name, { sequence, until }] of this.#kept) {
      const isOver =
        sequence === Infinity
          ? !maps.has(name)
          : sequence < next - (until === "parts are forgotten" ? SEGMENTS_WITH_PARTS : listed.length + SEGMENTS_AFTER);
      if (isOver) this.#kept.delete(name);
    }
  }

  #nextSequence(): number {
    return this.#playlist?.nextSequence ?? this.#options.mediaSequence;
  }

  #hint(): string | undefined {
    const { partSeconds, epoch } = this.#options;
    if (partSeconds === undefined || !this.#playlist || this.#playlist.isEnded) return undefined;
    return `p${epoch}-${this.#partsMade}.m4s`;
  }

  #nextChange(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.add(resolve);
    });
  }

  #changed(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const resolve of waiting) resolve();
    this.#options.changed();
  }
}

/** A segment is made of more or fewer bits than the next: variable rates vary by less than this, as a rule. */
const measured = (byteLength: number, duration: Seconds): number => Math.ceil((byteLength * 8 * VARIATION) / duration);
const VARIATION = 1.25;

const typeOf = (name: string): string => TYPES.get(name.slice(name.lastIndexOf("."))) ?? "application/octet-stream";
const TYPES: ReadonlyMap<string, string> = new Map([
  [".m4s", "video/mp4"],
  [".mp4", "video/mp4"],
  [".ts", "video/mp2t"],
]);

/** Of a publisher who sends one frame and goes: a rate over no time at all is none. */
const SECONDS_MIN = 0.001;

/** Beyond the next one, so two ahead of the last: more is a bad request (RFC 8216bis section 6.2.5.2). */
const AHEAD_MAX = 1;

/** Timestamps of whole milliseconds make of 333.3 ms now 333 and now 334; a part may not be longer than its target. */
const PART_ROUNDING = 1.01;

/** Listed are those of three target durations; one more for who reads a playlist that is no longer the last. */
const SEGMENTS_WITH_PARTS = 6;
/** How many segments longer than they are listed their hashes stay: as long as the shelf keeps their files, about. */
const SEGMENTS_AFTER = 30;
