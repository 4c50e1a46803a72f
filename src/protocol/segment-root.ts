/**
 * What a segment's chunks are checked against: one hash a chunk, and one over all of them, the root, which the playlist
 * gives (`docs/protocol.md`, IN1 to IN4). Both the signer and the viewer build their inputs here; hashing itself is
 * asynchronous in browsers and so not done here.
 */
import { CHUNK_BYTES } from "./limits.ts";

/** A root and what it stands for. */
export interface SegmentRoot {
  /** 32 lowercase hex digits. */
  readonly hash: string;
  readonly byteLength: number;
  /** What the root binds the bytes to: see {@link rootLabel}. */
  readonly label: string;
  readonly signed?: SignedPlace | undefined;
}

/** What a publisher's key is said to have signed, and where that was read. */
export interface SignedPlace {
  /** 128 lowercase hex digits. */
  readonly signature: string;
  /** Absolute. */
  readonly playlistUrl: string;
}

/** Where the bytes are, as the media playlist says. */
export interface SegmentAddress {
  /** Media sequence number. */
  readonly sequence: number;
  /** The URI line as written. */
  readonly uri: string;
  /** EXT-X-BYTERANGE within the resource; `end` is the first byte that is not part of it. */
  readonly byteRange?: { readonly start: number; readonly end: number } | undefined;
}

/** Without the `#`. */
export const ROOT_TAG = "EXT-X-HLS-SWARM-ROOT";
/** Of a part of a segment: its index within the segment comes first, since players that keep tags keep them by segment. */
export const PART_ROOT_TAG = "EXT-X-HLS-SWARM-PART-ROOT";

export function printRoot(
  { hash, byteLength }: Pick<SegmentRoot, "hash" | "byteLength">,
  signature?: string,
  part?: number,
): string {
  const values = [part, hash, byteLength, signature].filter((value) => value !== undefined);
  return `#${part === undefined ? ROOT_TAG : PART_ROOT_TAG}:${values.join(",")}`;
}

/** The value of the tag, in the playlist at `playlistUrl`; undefined for what is not one of ours. */
export function parseRoot(value: string, address: SegmentAddress, playlistUrl = ""): SegmentRoot | undefined {
  const [, hash, digits, signature] = ROOT_PATTERN.exec(value) ?? [];
  const byteLength = Number(digits);
  if (hash === undefined || !(byteLength <= HASHED_CHUNKS_MAX * CHUNK_BYTES)) return undefined;
  const signed = signature === undefined ? undefined : { signature, playlistUrl };
  return { hash, byteLength, label: rootLabel(address, byteLength), signed };
}

/**
 * The place of a segment in its stream, as far as everybody knows it alike: a CDN may move the playlist, write absolute
 * addresses and add tokens, so of the URI only the file name counts. ASCII, and no line holds a line break.
 */
export function rootLabel({ sequence, uri, byteRange }: SegmentAddress, byteLength: number): string {
  const file = uri.replace(/[?#].*/, "").replace(/.*\//, "");
  const range = byteRange ? `${String(byteRange.start)}-${String(byteRange.end)}` : "";
  return [sequence, encodeURI(file), range, byteLength, ""].join("\n");
}

/** What is hashed of a chunk. */
export const chunkInput = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => joinInput(CHUNK_DOMAIN, bytes);

/** What is hashed of a segment: `hashes` are those of its chunks, back to back. */
export const rootInput = (label: string, hashes: Uint8Array): Uint8Array<ArrayBuffer> =>
  joinInput(ROOT_DOMAIN, asciiBytes(label), hashes);

/**
 * What a publisher signs of a root, ASCII behind its domain. `stream` is what its page calls it; of `renditionNames` the
 * signer takes the first.
 */
export const signedText = ({ label, hash }: SegmentRoot, stream: string, rendition: string): string =>
  SIGNATURE_DOMAIN + [encodeURIComponent(stream), rendition, label + hash].join("\n");

/** What a signer may have called the rendition whose playlist is at this path: ends of it, the longest first. */
export function renditionNames(path: string): readonly string[] {
  const parts = path.split("/").filter(Boolean).slice(-RENDITION_PARTS_MAX);
  return parts.map((_, at) => parts.slice(at).join("/"));
}

/** The address of the file that holds the hashes of a segment's chunks, from that of the segment. */
export function hashesAddress(uri: string, byteRange: SegmentAddress["byteRange"]): string {
  const [, path = "", query = ""] = /^([^?#]*)(.*)$/.exec(uri) ?? [];
  const range = byteRange ? `.${String(byteRange.start)}-${String(byteRange.end)}` : "";
  return `${path}${range}.hashes${query}`;
}

/** The bytes of text that has nothing but ASCII. */
export const asciiBytes = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));

/** What is hashed or signed begins with its domain: no input of one kind is ever one of another. */
export function joinInput(domain: number, ...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(parts.reduce((length, part) => length + part.length, 1));
  joined[0] = domain;
  let at = 1;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/** Of SHA-256. Whoever forges needs a second preimage, 2^128 tries; a collision would serve only the publisher. */
export const HASH_BYTES = 16;

/** 32 MiB, 16 KiB of hashes. Larger segments get no root. */
export const HASHED_CHUNKS_MAX = 1024;

const ROOT_PATTERN = /^([0-9a-f]{32}),([1-9]\d{0,8})(?:,([0-9a-f]{128}))?$/;

/** Of a path, "720p/index.m3u8" is two: where it is mounted is the CDN's affair. */
const RENDITION_PARTS_MAX = 4;

/** No chunk's input is ever that of a root. */
const CHUNK_DOMAIN = 0;
const ROOT_DOMAIN = 1;
const SIGNATURE_DOMAIN = "\u0003";
