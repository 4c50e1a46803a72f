/**
 * The media playlist of one rendition of a live stream (RFC 8216, and RFC 8216bis for parts): what it lists, and its
 * text. Told of parts and segments as they are made; knows no file, no clock and no hash but as text.
 */
import { assert } from "../../base/assert.ts";
import type { Seconds } from "../../base/time.ts";

export interface LivePlaylistOptions {
  /** Whole seconds. Fixed for good (RFC 8216bis section 4.4.3.1), so the first segment may have to be known. */
  readonly targetDuration: number;
  /** Upper bound of a part. Undefined where parts are not listed. */
  readonly partTarget?: Seconds | undefined;
  /** Media sequence number of the first segment. */
  readonly mediaSequence: number;
  /** How much is listed at least, as far as there is that much. */
  readonly windowSeconds: Seconds;
  /** Every segment begins with a key frame. */
  readonly isIndependent: boolean;
}

export interface ListedPart {
  readonly uri: string;
  readonly duration: Seconds;
  /** Begins with a key frame. */
  readonly isIndependent: boolean;
  /** The line that gives its root. */
  readonly rootLine?: string | undefined;
}

/** What is said of a segment before the first of its parts. */
export interface SegmentHead {
  /** The init segment; undefined in MPEG-TS. */
  readonly map?: string | undefined;
  /** Another publisher, or the same one anew, begins with it. */
  readonly isDiscontinuous: boolean;
  /** ISO 8601. */
  readonly programDateTime: string;
}

export interface ListedSegment extends SegmentHead {
  readonly uri: string;
  readonly duration: Seconds;
  readonly rootLine?: string | undefined;
}

interface Entry extends ListedSegment {
  readonly parts: readonly ListedPart[];
}

export class LivePlaylist {
  readonly #options: LivePlaylistOptions;
  #entries: Entry[] = [];
  #head: SegmentHead | undefined;
  #parts: ListedPart[] = [];
  #removed = 0;
  #discontinuitiesRemoved = 0;
  #isEnded = false;

  constructor(options: LivePlaylistOptions) {
    this.#options = options;
  }

  /** Of the segment that is being made, or that will be made next. */
  get nextSequence(): number {
    return this.#options.mediaSequence + this.#removed + this.#entries.length;
  }
  get targetDuration(): number {
    return this.#options.targetDuration;
  }
  get isEnded(): boolean {
    return this.#isEnded;
  }
  get segments(): readonly ListedSegment[] {
    return this.#entries;
  }
  /** Parts listed of the segment that is being made. */
  get partsAhead(): number {
    return this.#parts.length;
  }

  /** Of the segment that is being made; `head` is that of the segment, said with its first part. */
  addPart(part: ListedPart, head: SegmentHead): void {
    assert(!this.#isEnded, "a playlist that has ended lists no more");
    this.#head ??= head;
    this.#parts.push(part);
  }

  /** Returns the segments that are listed no longer. */
  addSegment(segment: ListedSegment): readonly ListedSegment[] {
    assert(!this.#isEnded, "a playlist that has ended lists no more");
    this.#entries.push({ ...segment, parts: this.#parts });
    this.#parts = [];
    this.#head = undefined;
    this.#forgetParts();
    return this.#slide();
  }

  /** Removes the oldest segment before its time; undefined when it is the only one. */
  removeOldest(): ListedSegment | undefined {
    if (this.#entries.length <= 1) return undefined;
    const oldest = this.#entries.shift();
    this.#removed++;
    // With the segment goes the tag before it (RFC 8216bis section 4.4.3.3).
    if (oldest?.isDiscontinuous) this.#discontinuitiesRemoved++;
    return oldest;
  }

  /** Parts of a segment that will not be finished are gone. */
  end(): void {
    this.#isEnded = true;
    this.#parts = [];
    this.#head = undefined;
  }

  /** Whether blocking reload for this segment, or this part of it, has its answer (RFC 8216bis section 6.2.5.2). */
  has(sequence: number, part?: number): boolean {
    if (this.#isEnded || sequence < this.nextSequence) return true;
    return sequence === this.nextSequence && part !== undefined && part < this.#parts.length;
  }

  /** `hint` is the address of the part to come. */
  print(hint?: string): string {
    const { targetDuration, partTarget, mediaSequence, isIndependent } = this.#options;
    const hasMaps = this.#entries.some(({ map }) => map !== undefined);
    const lines = [
      "#EXTM3U",
      // EXT-X-MAP outside of I-frame playlists takes 6, fractions of a second take 3 (RFC 8216bis section 8).
      `#EXT-X-VERSION:${hasMaps ? 6 : 3}`,
      `#EXT-X-TARGETDURATION:${targetDuration}`,
      `#EXT-X-MEDIA-SEQUENCE:${mediaSequence + this.#removed}`,
    ];
    if (this.#discontinuitiesRemoved > 0) lines.push(`#EXT-X-DISCONTINUITY-SEQUENCE:${this.#discontinuitiesRemoved}`);
    if (isIndependent) lines.push("#EXT-X-INDEPENDENT-SEGMENTS");
    if (partTarget !== undefined) {
      const holdBack = `PART-HOLD-BACK=${text(partTarget * PART_HOLD_BACK)},HOLD-BACK=${text(targetDuration * HOLD_BACK)}`;
      lines.push(
        `#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,${holdBack}`,
        `#EXT-X-PART-INF:PART-TARGET=${text(partTarget)}`,
      );
    }
    let map: string | undefined;
    const pushHead = (head: SegmentHead): void => {
      if (head.isDiscontinuous) lines.push("#EXT-X-DISCONTINUITY");
      if (head.map !== undefined && head.map !== map) lines.push(`#EXT-X-MAP:URI="${head.map}"`);
      map = head.map;
      lines.push(`#EXT-X-PROGRAM-DATE-TIME:${head.programDateTime}`);
    };
    for (const entry of this.#entries) {
      pushHead(entry);
      lines.push(...entry.parts.flatMap(partLines));
      if (entry.rootLine !== undefined) lines.push(entry.rootLine);
      lines.push(`#EXTINF:${text(entry.duration)},`, entry.uri);
    }
    if (this.#head) pushHead(this.#head);
    lines.push(...this.#parts.flatMap(partLines));
    if (this.#isEnded) lines.push("#EXT-X-ENDLIST");
    else if (partTarget !== undefined && hint !== undefined) lines.push(`#EXT-X-PRELOAD-HINT:TYPE=PART,URI="${hint}"`);
    return [...lines, ""].join("\n");
  }

  #slide(): readonly ListedSegment[] {
    const { windowSeconds, targetDuration } = this.#options;
    const seconds = Math.max(windowSeconds, targetDuration * TARGETS_MIN);
    const removed: ListedSegment[] = [];
    let listed = this.#entries.reduce((sum, { duration }) => sum + duration, 0);
    for (let oldest = this.#entries[0]; oldest && listed - oldest.duration >= seconds; oldest = this.#entries[0]) {
      listed -= oldest.duration;
      if (!this.removeOldest()) break;
      removed.push(oldest);
    }
    return removed;
  }

  /** Parts are for the end of the playlist alone (RFC 8216bis section 4.4.4.9). */
  #forgetParts(): void {
    let after = 0;
    for (let at = this.#entries.length - 1; at >= 0; at--) {
      const entry = this.#entries[at];
      if (!entry || (after > 0 && entry.parts.length === 0)) break;
      if (after >= this.#options.targetDuration * PART_TARGETS) this.#entries[at] = { ...entry, parts: [] };
      after += entry.duration;
    }
  }
}

function partLines({ uri, duration, isIndependent, rootLine }: ListedPart): readonly string[] {
  const independent = isIndependent ? ",INDEPENDENT=YES" : "";
  const line = `#EXT-X-PART:DURATION=${text(duration)},URI="${uri}"${independent}`;
  return rootLine === undefined ? [line] : [rootLine, line];
}

/** To the microsecond, and without zeros that say nothing. */
const text = (seconds: Seconds): string => String(Math.round(seconds * 1e6) / 1e6);

/** In target durations, RFC 8216bis sections 4.4.3.8 and 6.2.2. */
const HOLD_BACK = 3;
const TARGETS_MIN = 3;
const PART_TARGETS = 3;
/** In part targets: two are the least allowed, three are advised. */
const PART_HOLD_BACK = 3;
