/** What the playlist of one rendition says (RFC 8216 sections 4.3.2 and 4.3.3; parts: 8216bis section 4.4). Data alone. */
import type { Millis, Seconds } from "../base/time.ts";
import type { SegmentAddress, SegmentRoot } from "../protocol/segment-root.ts";
import type { Attributes } from "./attributes.ts";

export type ByteRange = NonNullable<SegmentAddress["byteRange"]>;

/** Something that a playlist says where it is. */
export interface Resource {
  /** As written, with variables replaced. */
  readonly uri: string;
  /** Absolute. */
  readonly url: string;
  readonly byteRange: ByteRange | undefined;
}

export interface MediaPart extends Resource {
  /** Within its segment, from 0. */
  readonly index: number;
  readonly duration: Seconds;
  readonly isGap: boolean;
  readonly root: SegmentRoot | undefined;
  /** Of its tag, from 0. */
  readonly line: number;
}

export interface MediaSegment extends Resource {
  /** Media sequence number. */
  readonly sequence: number;
  readonly duration: Seconds;
  readonly isGap: boolean;
  /** Timestamps or encoding change before it. */
  readonly discontinuity: boolean;
  /** Given or carried on from another segment. Milliseconds since 1970. */
  readonly programDateTimeMs: Millis | undefined;
  readonly map: Resource | undefined;
  readonly keys: readonly Key[];
  readonly root: SegmentRoot | undefined;
  readonly parts: readonly MediaPart[];
  /** Of its EXTINF, from 0. */
  readonly line: number;
}

/** EXT-X-KEY: what decrypts the segments after it. */
export interface Key {
  readonly attributes: Attributes;
  /** Absolute; undefined for a key without an address on the web. */
  readonly url: string | undefined;
}

/** The segment that the packager is at: it has parts, and no address yet. */
export interface OpenSegment {
  readonly sequence: number;
  readonly programDateTimeMs: Millis | undefined;
  readonly parts: readonly MediaPart[];
}

/** EXT-X-PRELOAD-HINT; of several the last. */
export interface PreloadHint {
  readonly type: "PART" | "MAP";
  readonly uri: string;
  readonly url: string;
  /** Of a range the end may be open. */
  readonly start: number | undefined;
  readonly root: SegmentRoot | undefined;
}

export interface ServerControl {
  readonly canBlockReload: boolean;
  readonly holdBack: Seconds | undefined;
  readonly partHoldBack: Seconds | undefined;
}

export interface MediaPlaylist {
  readonly kind: "media";
  /** After redirections. */
  readonly url: string;
  readonly type: "EVENT" | "VOD" | undefined;
  readonly targetDuration: Seconds;
  readonly partTarget: Seconds | undefined;
  /** Of the first segment. */
  readonly mediaSequence: number;
  readonly isEnded: boolean;
  readonly segments: readonly MediaSegment[];
  readonly open: OpenSegment;
  readonly preloadHint: PreloadHint | undefined;
  readonly serverControl: ServerControl;
}
