import { hashHex } from "../base/random.ts";

/** Names one viewer at its tracker: 10 characters `[A-Za-z0-9_-]`, made by the tracker, gone with the visit. */
export type PeerId = string & { readonly __brand: "PeerId" };
/** Names one viewer among its peers: 16 lowercase hex digits, random, made anew for every session. */
export type ViewerId = string & { readonly __brand: "ViewerId" };
/** Names the peers that may exchange one stream's segments: 16 to 64 characters `[A-Za-z0-9_-]`. */
export type SwarmId = string & { readonly __brand: "SwarmId" };
/** Names one rendition (video level, audio track) within a swarm: 16 lowercase hex digits. */
export type TrackId = string & { readonly __brand: "TrackId" };
/** Names one segment: `TrackId/sequence/tag` with the tag as 8 lowercase hex digits. */
export type SegmentId = string & { readonly __brand: "SegmentId" };

/**
 * What tells segments of one track apart on the wire: the media sequence number (RFC 8216 section 4.3.3.2) and a
 * 32-bit hash of whatever else must be equal for the bytes to be equal (path tail, byte range).
 */
export interface SegmentName {
  /** Media sequence number, a non-negative safe integer. */
  readonly sequence: number;
  /** Unsigned 32-bit hash. */
  readonly tag: number;
}

export const PEER_ID_PATTERN = /^[A-Za-z0-9_-]{10}$/;
export const SWARM_ID_PATTERN = /^[A-Za-z0-9_-]{16,64}$/;
export const HEX_64_PATTERN = /^[0-9a-f]{16}$/;

/**
 * What stands for a link over WebSocket, which no tracker introduced: up to a parent, or down from whoever called us. Not
 * of the pattern, so that no tracker can name it.
 */
export const directPeerIdOf = (way: "up" | "down", count: number): PeerId => `${way}:${String(count)}` as PeerId;
export const isParent = (peer: PeerId): boolean => peer.startsWith("up:");
export const isDirect = (peer: PeerId): boolean => peer.includes(":");

/** The swarm of a content id (any text): 32 hex digits. Spreads, does not hide. */
export const swarmIdOf = (contentId: string): SwarmId => hashHex(contentId, 4) as SwarmId;

/** The track of a rendition key (any text): 16 hex digits. */
export const trackIdOf = (renditionKey: string): TrackId => hashHex(renditionKey, 2) as TrackId;

export const segmentIdOf = (track: TrackId, name: SegmentName): SegmentId =>
  `${track}/${String(name.sequence)}/${name.tag.toString(16).padStart(8, "0")}` as SegmentId;

/** Two lowercase hex digits a byte. */
export function hexOf(bytes: Uint8Array): string {
  let hex = "";
  for (const byte of bytes) hex += byte.toString(16).padStart(2, "0");
  return hex;
}

/** The bytes that hex digits stand for, two each. */
export const bytesOfHex = (digits: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from({ length: digits.length / 2 }, (_, at) => Number.parseInt(digits.slice(2 * at, 2 * at + 2), 16));
