/** What an init segment says of its tracks: the `moov` of fragmented MP4 (ISO/IEC 14496-12 sections 8.2 to 8.8). */
import { boxesIn, findBox, MediaError, part, u32, versionOf, type Box } from "./iso-boxes.ts";

export interface InitSegment {
  readonly bytes: Uint8Array;
  readonly tracks: readonly Track[];
}

export interface Track {
  readonly id: number;
  readonly kind: "video" | "audio";
  /** Ticks per second. */
  readonly timescale: number;
  /** RFC 6381; undefined for a codec whose name we cannot tell. */
  readonly codec: string | undefined;
  readonly size?: { readonly width: number; readonly height: number } | undefined;
  /** Of samples for which a fragment does not say. */
  readonly sampleDuration: number;
  readonly sampleFlags: number;
}

/** The `moov` box's body; throws a {@link MediaError} for what is none. Tracks other than video and audio are left out. */
export function tracksOf(moov: DataView): readonly Track[] {
  const boxes = boxesIn(moov);
  const extends_ = boxes.filter(({ type }) => type === "mvex").flatMap(({ body }) => boxesIn(body));
  const tracks = boxes.filter(({ type }) => type === "trak").flatMap(({ body }) => trackOf(body, extends_) ?? []);
  if (tracks.length === 0) throw new MediaError("an init segment without video or audio");
  return tracks;
}

function trackOf(trak: DataView, mvex: readonly Box[]): Track | undefined {
  const tkhd = findBox(trak, "tkhd");
  const mdhd = findBox(trak, "mdia", "mdhd");
  const handler = findBox(trak, "mdia", "hdlr");
  const stsd = findBox(trak, "mdia", "minf", "stbl", "stsd");
  if (!tkhd || !mdhd || !handler || !stsd) throw new MediaError("a track that lacks a box");
  const kind = KINDS.get(u32(handler, 8));
  if (kind === undefined) return undefined;
  // Times of version 1 are of 64 bits.
  const id = u32(tkhd, versionOf(tkhd) === 1 ? 20 : 12);
  const timescale = u32(mdhd, versionOf(mdhd) === 1 ? 20 : 12);
  const trex = mvex.find(({ type, body }) => type === "trex" && u32(body, 4) === id)?.body;
  const [entry] = boxesIn(part(stsd, 8));
  if (!entry || timescale === 0) throw new MediaError("a track that describes no sample");
  return {
    id,
    kind,
    timescale,
    codec: codecOf(entry),
    ...(kind === "video" && { size: sizeOf(entry) }),
    sampleDuration: trex ? u32(trex, 12) : 0,
    sampleFlags: trex ? u32(trex, 20) : 0,
  };
}

function sizeOf({ body }: Box): { readonly width: number; readonly height: number } {
  const both = u32(body, 24);
  return { width: both >>> 16, height: both & 0xffff };
}

function codecOf({ type, body }: Box): string | undefined {
  if (type === "avc1" || type === "avc3") {
    const config = findBox(part(body, VISUAL_ENTRY_BYTES), "avcC");
    return config && `${type}.${hex(u32(config, 0) & 0xffffff, 6)}`;
  }
  if (type !== "mp4a") return undefined;
  const esds = findBox(part(body, AUDIO_ENTRY_BYTES), "esds");
  return esds && mp4aCodec(part(esds, 4));
}

/** MPEG-4 descriptors, one in the other (ISO/IEC 14496-1 section 7.2.6): elementary stream, decoder, its configuration. */
function mp4aCodec(esds: DataView): string | undefined {
  const decoder = descriptor(esds, 0, 3);
  // Number and flags; whatever the flags add does not occur in MP4.
  const config = decoder && descriptor(decoder, 3, 4);
  if (!config || config.byteLength < 13) return undefined;
  const object = config.getUint8(0);
  const specific = config.byteLength > 13 ? descriptor(config, 13, 5) : undefined;
  if (object !== MPEG4_AUDIO || !specific || specific.byteLength === 0) return `mp4a.${hex(object)}`;
  return `mp4a.${hex(object)}.${specific.getUint8(0) >> 3}`;
}

/** The body of the descriptor at `at` if it has this tag. Its length is in groups of seven bits. */
function descriptor(view: DataView, at: number, tag: number): DataView | undefined {
  if (at + 2 > view.byteLength || view.getUint8(at) !== tag) return undefined;
  let length = 0;
  for (let next = at + 1; next < view.byteLength; next++) {
    const byte = view.getUint8(next);
    length = length * 128 + (byte & 127);
    if (byte >= 128) continue;
    return next + 1 + length <= view.byteLength ? part(view, next + 1, length) : undefined;
  }
  return undefined;
}

const hex = (value: number, digits = 2): string => value.toString(16).padStart(digits, "0");

/** "vide" and "soun". */
const KINDS: ReadonlyMap<number, Track["kind"]> = new Map([
  [0x76696465, "video"],
  [0x736f756e, "audio"],
]);

/** What stands before the boxes in a sample entry (sections 12.1.3 and 12.2.3). */
const VISUAL_ENTRY_BYTES = 78;
const AUDIO_ENTRY_BYTES = 28;
/** Object type indication. */
const MPEG4_AUDIO = 0x40;
