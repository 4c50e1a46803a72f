import type { SegmentName, TrackId, ViewerId } from "./ids.ts";

/**
 * How much a viewer can give: 0 nothing (no uplink, or not allowed), 1 some, 2 at least the stream's own rate.
 * Contributors are served first, because what they get is passed on.
 */
export type UplinkClass = 0 | 1 | 2;

/** Why a request will not be served: too busy now, no longer held, uploads switched off. */
export type RejectReason = "busy" | "gone" | "off";

/** Why a viewer goes: it leaves, it has too many links, the same viewer is linked already, the other broke the protocol. */
export type ByeReason = "leaving" | "full" | "duplicate" | "protocol" | "idle";

/** One segment's availability. `bitmap` is absent exactly when the segment is held whole; bit 0 of byte 0 is chunk 0. */
export interface HaveEntry {
  readonly segment: SegmentName;
  /** Size of the segment, once known. Peers that disagree do not hold the same segment. */
  readonly byteLength?: number | undefined;
  /** EXT-X-PROGRAM-DATE-TIME in whole seconds since 1970 when the playlist has it. A sanity check, never a key. */
  readonly startedAtSeconds?: number | undefined;
  readonly bitmap?: Uint8Array | undefined;
}

/** What peers say to each other. `slot` is the sender's short name for a track, bound by its `track` message. */
export type PeerMessage =
  | {
      readonly type: "hello";
      readonly version: number;
      readonly versionMin: number;
      readonly viewer: ViewerId;
      readonly uplink: UplinkClass;
      /** A peer without a player, there to cache and serve. */
      readonly seeder: boolean;
    }
  /** The uplink class of `hello` has changed: it is measured while serving. */
  | { readonly type: "uplink"; readonly uplink: UplinkClass }
  | { readonly type: "track"; readonly slot: number; readonly track: TrackId; readonly following: boolean }
  | { readonly type: "have"; readonly slot: number; readonly segments: readonly HaveEntry[] }
  | { readonly type: "gone"; readonly slot: number; readonly segments: readonly SegmentName[] }
  | {
      /** "I am fetching these chunks from the origin": flooded, so that nobody else does. */
      readonly type: "fetching";
      readonly slot: number;
      readonly segment: SegmentName;
      readonly from: number;
      /** First chunk not fetched; absent for "to the end". */
      readonly to?: number | undefined;
      readonly byteLength?: number | undefined;
      readonly hops: number;
    }
  | {
      /**
       * "My live playlist lists this segment": flooded, so that its elected fetchers need not wait for their own next
       * reload. Carries the name only; whoever can foresee its address checks it against the tag.
       */
      readonly type: "listed";
      readonly slot: number;
      readonly segment: SegmentName;
      readonly hops: number;
    }
  | {
      readonly type: "request";
      readonly slot: number;
      readonly segment: SegmentName;
      /** Ascending chunk indices, at least one. */
      readonly chunks: readonly number[];
      /** How long the answer is of use. */
      readonly dueInMs: number;
    }
  | {
      readonly type: "cancel";
      readonly slot: number;
      readonly segment: SegmentName;
      readonly chunks: readonly number[];
    }
  | {
      readonly type: "reject";
      readonly slot: number;
      readonly segment: SegmentName;
      readonly chunks: readonly number[];
      readonly reason: RejectReason;
      readonly retryInMs: number;
    }
  | {
      /** A part of a chunk. `slot` is the requester's own. Parts of one chunk come in order. */
      readonly type: "chunk";
      readonly slot: number;
      readonly segment: SegmentName;
      readonly chunk: number;
      readonly offset: number;
      readonly chunkBytes: number;
      readonly payload: Uint8Array;
    }
  | {
      /** Acknowledges chunk payload so that the uploader's window moves: total bytes received on this link, modulo 2^32. */
      readonly type: "received";
      readonly bytes: number;
    }
  | {
      readonly type: "position";
      readonly slot: number;
      /** Media sequence number at the playhead. */
      readonly sequence: number;
      /** Segments held without a gap from that one on, and before it. */
      readonly ahead: number;
      readonly behind: number;
    }
  | {
      /** "What are these chunks checked against?" Asked of whoever announced them: nobody does before he knows. */
      readonly type: "ask-hashes";
      readonly slot: number;
      readonly segment: SegmentName;
      /** Ascending chunk indices, at least one. */
      readonly chunks: readonly number[];
    }
  | {
      /** Hashes of neighbouring chunks: all of a segment that has a root, or as many as a tracker signed together. */
      readonly type: "hashes";
      /** The asker's own. */
      readonly slot: number;
      readonly segment: SegmentName;
      /** Of the whole segment. */
      readonly byteLength: number;
      readonly from: number;
      /** Back to back, 16 bytes each (IN3). */
      readonly hashes: Uint8Array;
      /** The tracker's, where there is no root. */
      readonly signature?: Uint8Array | undefined;
    }
  /** "Send me the chunks of this track as you get them, unasked", or no longer (PE44). */
  | { readonly type: "subscribe"; readonly slot: number; readonly on: boolean }
  | {
      /** The newest media playlist of a track, for whoever subscribed to it (PE45). */
      readonly type: "playlist";
      /** The subscriber's own. */
      readonly slot: number;
      /** UTF-8. */
      readonly text: Uint8Array;
    }
  | { readonly type: "ping"; readonly nonce: number }
  | { readonly type: "pong"; readonly nonce: number }
  | { readonly type: "bye"; readonly reason: ByeReason };

export type PeerPosition = Extract<PeerMessage, { type: "position" }>;

export type PeerMessageType = PeerMessage["type"];

/** All but those that carry what is kept outside of cores: names travel, bytes stay. */
export type CoreMessage = Exclude<PeerMessage, { type: "chunk" | "hashes" | "playlist" }>;

export const isForCores = (message: PeerMessage): message is CoreMessage =>
  message.type !== "chunk" && message.type !== "hashes" && message.type !== "playlist";
