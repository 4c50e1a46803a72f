/**
 * Reads the playlist of one rendition. Where the specification leaves room it does as hls.js does, because viewers in browsers
 * must give the same segments the same names. Knows nothing of earlier texts of the same playlist.
 */
import type { Millis, Seconds } from "../base/time.ts";
import { parseRoot, PART_ROOT_TAG, ROOT_TAG, type SegmentAddress, type SegmentRoot } from "../protocol/segment-root.ts";
import type { Addresses } from "./addresses.ts";
import { parseAttributes, type Attributes } from "./attributes.ts";
import type {
  ByteRange,
  Key,
  MediaPart,
  MediaPlaylist,
  MediaSegment,
  PreloadHint,
  Resource,
} from "./media-playlist.ts";
import { PlaylistError } from "./playlist-error.ts";

export function parseMediaPlaylist(text: string, addresses: Addresses): MediaPlaylist {
  const reader = new MediaPlaylistReader(addresses);
  text.split("\n").forEach((written, line) => {
    reader.read(written.trim(), line);
  });
  return reader.finish();
}

/** What has been said of a segment whose address has not come yet. */
interface Draft {
  line: number;
  duration: Seconds;
  byteRange: ByteRange | undefined;
  isGap: boolean;
  discontinuity: boolean;
  programDateTimeMs: Millis | undefined;
  /** Values of our tags; of parts with their index in front. */
  readonly roots: string[];
  readonly partRoots: string[];
  readonly parts: MediaPart[];
}

type Mutable<T> = { -readonly [Name in keyof T]: T[Name] };

class MediaPlaylistReader {
  readonly #addresses: Addresses;
  readonly #segments: Mutable<MediaSegment>[] = [];
  #draft = newDraft();
  #map: Resource | undefined;
  #keys: readonly Key[] = [];
  #hint: Omit<PreloadHint, "root"> | undefined;
  #type: MediaPlaylist["type"];
  #targetDuration: Seconds | undefined;
  #partTarget: Seconds | undefined;
  #mediaSequence = 0;
  #isEnded = false;
  #serverControl: Attributes = {};

  constructor(addresses: Addresses) {
    this.#addresses = addresses;
  }

  get #sequence(): number {
    return this.#mediaSequence + this.#segments.length;
  }

  read(written: string, line: number): void {
    if (written === "") return;
    if (!written.startsWith("#")) {
      this.#address(this.#addresses.text(written, line), line);
      return;
    }
    const [tag = "", value = ""] = written.slice(1).split(/:(.*)/);
    const draft = this.#draft;
    const attributes = (): Attributes => parseAttributes(value, (text) => this.#addresses.text(text, line));
    switch (tag) {
      case "EXT-X-TARGETDURATION":
        this.#targetDuration = Math.max(1, integerOf(value, tag, line));
        break;
      case "EXT-X-MEDIA-SEQUENCE":
        if (this.#segments.length > 0) throw new PlaylistError(line, "EXT-X-MEDIA-SEQUENCE after a segment");
        this.#mediaSequence = integerOf(value, tag, line);
        break;
      case "EXT-X-PLAYLIST-TYPE":
        this.#type = value === "VOD" || value === "EVENT" ? value : undefined;
        break;
      case "EXT-X-ENDLIST":
        this.#isEnded = true;
        break;
      case "EXT-X-DEFINE":
        this.#addresses.define(attributes(), line);
        break;
      case "EXT-X-SKIP":
        throw new PlaylistError(line, "EXT-X-SKIP: an update of another playlist, which nobody asked for");
      case "EXT-X-SERVER-CONTROL":
        this.#serverControl = attributes();
        break;
      case "EXT-X-PART-INF":
        this.#partTarget = numberIn(attributes(), "PART-TARGET");
        break;
      case "EXT-X-PART":
        this.#part(attributes(), line);
        break;
      case "EXT-X-PRELOAD-HINT":
        this.#preloadHint(attributes(), line);
        break;
      case "EXT-X-MAP":
        this.#map = this.#resource(attributes(), line);
        break;
      case "EXT-X-KEY":
        this.#key(attributes(), line);
        break;
      case "EXTINF":
        draft.duration = durationOf(value, line);
        draft.line = line;
        break;
      case "EXT-X-BYTERANGE":
        draft.byteRange = byteRangeOf(value, this.#segments.at(-1)?.byteRange, line);
        break;
      case "EXT-X-PROGRAM-DATE-TIME":
        draft.programDateTimeMs = Date.parse(value) || undefined;
        break;
      case "EXT-X-DISCONTINUITY":
        draft.discontinuity = true;
        break;
      case "EXT-X-GAP":
        draft.isGap = true;
        break;
      case ROOT_TAG:
        draft.roots.push(value);
        break;
      case PART_ROOT_TAG:
        draft.partRoots.push(value);
        break;
    }
  }

  finish(): MediaPlaylist {
    if (this.#targetDuration === undefined) throw new PlaylistError(0, "no EXT-X-TARGETDURATION");
    const { programDateTimeMs = this.#carriedDate(), partRoots } = this.#draft;
    const sequence = this.#sequence;
    const parts = this.#draft.parts.map((part) => this.#withRoot(part, sequence, partRoots));
    const hint = this.#hint;
    const hinted = hint && { index: parts.length, uri: hint.uri, byteRange: undefined };
    this.#dateBackwards(programDateTimeMs);
    return {
      kind: "media",
      url: this.#addresses.base,
      type: this.#type,
      targetDuration: this.#targetDuration,
      partTarget: this.#partTarget,
      mediaSequence: this.#mediaSequence,
      isEnded: this.#isEnded,
      segments: this.#segments,
      open: { sequence, programDateTimeMs, parts },
      preloadHint: hint && hinted && { ...hint, root: this.#rootOfPart(hinted, sequence, partRoots) },
      serverControl: {
        canBlockReload: this.#serverControl["CAN-BLOCK-RELOAD"] === "YES",
        holdBack: numberIn(this.#serverControl, "HOLD-BACK"),
        partHoldBack: numberIn(this.#serverControl, "PART-HOLD-BACK"),
      },
    };
  }

  #address(uri: string, line: number): void {
    const { roots, partRoots, parts, ...draft } = this.#draft;
    const sequence = this.#sequence;
    const { programDateTimeMs = this.#carriedDate(), byteRange } = draft;
    const root = roots[0] === undefined ? undefined : this.#rootOf(roots[0], { sequence, uri, byteRange });
    this.#segments.push({
      ...draft,
      ...{ sequence, uri, url: this.#addresses.url(uri, line), programDateTimeMs },
      ...{ map: this.#map, keys: this.#keys, root },
      line: draft.line < 0 ? line : draft.line,
      parts: parts.map((part) => this.#withRoot(part, sequence, partRoots)),
    });
    this.#draft = newDraft();
  }

  #part(attributes: Attributes, line: number): void {
    const { parts } = this.#draft;
    const resource = this.#resource(attributes, line, parts.at(-1)?.byteRange);
    const duration = numberIn(attributes, "DURATION");
    if (duration === undefined) throw new PlaylistError(line, "EXT-X-PART without DURATION");
    parts.push({
      ...resource,
      ...{ index: parts.length, duration, isGap: attributes["GAP"] === "YES", root: undefined, line },
    });
    this.#draft.duration += duration;
  }

  #preloadHint(attributes: Attributes, line: number): void {
    const { TYPE } = attributes;
    if (TYPE !== "PART" && TYPE !== "MAP") return;
    const { uri, url } = this.#resource(attributes, line);
    this.#hint = { type: TYPE, uri, url, start: numberIn(attributes, "BYTERANGE-START") };
  }

  /** Of several formats all hold, until a key of the same format replaces one (RFC 8216 section 4.3.2.4). */
  #key(attributes: Attributes, line: number): void {
    const { METHOD, URI, KEYFORMAT } = attributes;
    const others = this.#keys.filter((key) => key.attributes["KEYFORMAT"] !== KEYFORMAT);
    const url = URI ? this.#addresses.url(URI, line) : undefined;
    this.#keys = METHOD === "NONE" ? [] : [...others, { attributes, url }];
  }

  #resource(attributes: Attributes, line: number, before?: ByteRange): Resource {
    const { URI: uri, BYTERANGE: range } = attributes;
    if (!uri) throw new PlaylistError(line, "no URI");
    const byteRange = range === undefined ? undefined : byteRangeOf(range, before, line);
    return { uri, url: this.#addresses.url(uri, line), byteRange };
  }

  /** Dates go on from segment to segment, by durations. */
  #carriedDate(): Millis | undefined {
    const before = this.#segments.at(-1);
    return before?.programDateTimeMs && before.programDateTimeMs + before.duration * 1000;
  }

  /** Those before the first date are told from it (RFC 8216 section 6.3.3). */
  #dateBackwards(openedAtMs: Millis | undefined): void {
    let next = openedAtMs;
    for (const segment of [...this.#segments].reverse()) {
      if (next !== undefined) segment.programDateTimeMs ??= next - segment.duration * 1000;
      next = segment.programDateTimeMs;
    }
  }

  #withRoot(part: MediaPart, sequence: number, roots: readonly string[]): MediaPart {
    return { ...part, root: this.#rootOfPart(part, sequence, roots) };
  }

  #rootOfPart(
    { index, uri, byteRange }: Pick<MediaPart, "index" | "uri" | "byteRange">,
    sequence: number,
    roots: readonly string[],
  ): SegmentRoot | undefined {
    const before = `${index},`;
    const found = roots.find((value) => value.startsWith(before));
    return found === undefined ? undefined : this.#rootOf(found.slice(before.length), { sequence, uri, byteRange });
  }

  #rootOf(value: string, address: SegmentAddress): SegmentRoot | undefined {
    return parseRoot(value, address, this.#addresses.base);
  }
}

const newDraft = (): Draft => ({
  ...{ line: -1, duration: 0, byteRange: undefined, isGap: false, discontinuity: false },
  ...{ programDateTimeMs: undefined, roots: [], partRoots: [], parts: [] },
});

function integerOf(value: string, tag: string, line: number): number {
  const number = Number.parseInt(value, 10);
  if (!(number >= 0 && number <= Number.MAX_SAFE_INTEGER)) throw new PlaylistError(line, `${tag} needs a number`);
  return number;
}

function numberIn(attributes: Attributes, name: string): number | undefined {
  const number = Number.parseFloat(attributes[name] ?? "");
  return Number.isFinite(number) ? number : undefined;
}

function durationOf(value: string, line: number): Seconds {
  const duration = Number.parseFloat(value);
  if (!(duration >= 0 && Number.isFinite(duration))) throw new PlaylistError(line, "EXTINF needs a duration");
  return duration;
}

/** Without an offset it goes on where the one before ended (RFC 8216 section 4.3.2.2). */
function byteRangeOf(value: string, before: ByteRange | undefined, line: number): ByteRange {
  const [, length, offset] = /^\s*(\d{1,15})(?:@(\d{1,15}))?/.exec(value) ?? [];
  if (length === undefined) throw new PlaylistError(line, "a byte range needs a length");
  const start = offset === undefined ? (before?.end ?? 0) : Number(offset);
  return { start, end: start + Number(length) };
}
